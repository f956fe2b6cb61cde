//! Whole numbers beyond every `f64`, as Python writes floats.

/// The limbs of a number in decimal: nine digits each, the lowest first.
type Limbs = Vec<u32>;

const LIMB: u64 = 1_000_000_000;

/// Returns the digits of `significand * 2^exponent`, without zeros before them.
fn digits(significand: u128, exponent: u32) -> Vec<u8> {
    let mut limbs = Limbs::new();
    let mut rest = significand;
    while rest > 0 {
        limbs.push((rest % u128::from(LIMB)) as u32);
        rest /= u128::from(LIMB);
    }
    let mut left = exponent;
    while left > 0 {
        let shift = left.min(32);
        left -= shift;
        let mut carry = 0;
        for limb in &mut limbs {
            let product = (u64::from(*limb) << shift) + carry;
            *limb = (product % LIMB) as u32;
            carry = product / LIMB;
        }
        while carry > 0 {
            limbs.push((carry % LIMB) as u32);
            carry /= LIMB;
        }
    }
    let text: String = limbs.iter().rev().map(|limb| format!("{limb:09}")).collect();
    text.trim_start_matches('0').bytes().collect()
}

/// Rounds a number, given by its digits, to the nearest one of `count` digits, and zeros.
fn rounded(digits: &[u8], count: usize) -> Vec<u8> {
    let (kept, dropped) = digits.split_at(count.min(digits.len()));
    let mut rounded = kept.to_vec();
    if dropped.first().is_some_and(|&digit| digit >= b'5') {
        let nines = kept.iter().rev().take_while(|&&digit| digit == b'9').count();
        let (before, carried) = rounded.split_at_mut(kept.len() - nines);
        carried.fill(b'0');
        match before.last_mut() {
            Some(digit) => *digit += 1,
            None => rounded.insert(0, b'1'),
        }
    }
    rounded.resize(rounded.len() + dropped.len(), b'0');
    rounded
}

/// Writes a number beyond every `f64`, `significand * 2^exponent` with `precision` bits, as Python
/// writes floats: with the fewest digits that are nearer to it than to any other number of that
/// precision.
///
/// The highest bit of the significand is set.
pub(super) fn shortest(significand: u128, exponent: i32, precision: u32) -> String {
    // Four times the number: so halves of the distances to its neighbours are whole numbers.
    let unit = (exponent + 128 - precision as i32 - 2).max(0) as u32;
    let number = significand >> (128 - precision);
    let is_power = number == 1 << (precision - 1);
    // The neighbour below a power of 2 is nearer.
    let below = 4 * number - if is_power { 1 } else { 2 };
    let [low, exact, high] = [below, 4 * number, 4 * number + 2].map(|limit| digits(limit, unit));
    let is_between = |digits: &[u8]| {
        let key = |digits: &[u8]| (digits.len(), digits.to_vec());
        key(&low) < key(digits) && key(digits) < key(&high)
    };
    let shortest = (1..exact.len()).map(|count| rounded(&exact, count));
    let shortest = shortest.into_iter().find(|digits| is_between(digits)).unwrap_or(exact);
    let text = String::from_utf8_lossy(&shortest);
    let (first, others) = text.split_at(1);
    let (others, power) = (others.trim_end_matches('0'), text.len() - 1);
    let point = if others.is_empty() { "" } else { "." };
    format!("{first}{point}{others}e+{power}")
}

#[cfg(test)]
mod tests {
    use super::{digits, rounded};

    #[test]
    fn digits_of_powers_of_two() {
        assert_eq!(digits(1, 10), b"1024");
        assert_eq!(digits(1, 100), b"1267650600228229401496703205376");
        assert_eq!(digits(u128::MAX, 0), u128::MAX.to_string().as_bytes());
        assert_eq!(digits(u128::MAX >> 40, 40), (u128::MAX >> 40 << 40).to_string().as_bytes());
    }

    #[test]
    fn rounding_carries() {
        assert_eq!(rounded(b"1249", 2), b"1200");
        assert_eq!(rounded(b"1250", 2), b"1300");
        assert_eq!(rounded(b"1996", 3), b"2000");
        assert_eq!(rounded(b"9996", 3), b"10000");
        assert_eq!(rounded(b"9996", 4), b"9996");
    }
}

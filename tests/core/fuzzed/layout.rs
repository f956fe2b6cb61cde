//! What holds for every layout and what is made from it, given as bytes that a fuzzer makes.
//!
//! The model of a layout is the definition in PEP 3118: the path to an element, from the index that
//! leads to it, in exact arithmetic.

use consumer::{Key, Layout, Order};

/// The most elements that are compared one by one.
const MAX_ELEMENTS: usize = 512;

/// Makes a layout of `data`, and then one from the other.
pub(crate) fn check(data: &[u8]) {
    let mut source = Source(data);
    let shape = source.list(|source| source.number() as usize);
    let strides = source.flag().then(|| source.numbers(shape.len()));
    let suboffsets = source.flag().then(|| source.numbers(shape.len()));
    let itemsize = source.number() as usize;
    let made = Layout::new(&shape, strides.as_deref(), suboffsets.as_deref(), itemsize);
    let Ok(layout) = made else { return };
    let mut place = Place { start: vec![0], layout };
    place.assert_sound();
    let extent = place.extent();
    while !source.0.is_empty() {
        let next = match source.byte() % 4 {
            0 => selected(&place, &source.list(Source::key)),
            1 => transposed(&place, &source.list(Source::number)),
            2 => reshaped(&place, &source.list(Source::number), source.order()),
            _ => {
                let shape = source.flag().then(|| source.list(Source::number));
                cast(&place, source.number() as usize, shape.as_deref(), source.order())
            }
        };
        let Some(next) = next else { continue };
        next.assert_sound();
        if let (Some((low, high)), Some((from, to))) = (extent, next.extent()) {
            assert!(low <= from && to <= high, "{next:?} lies beyond {low}..{high}");
        }
        place = next;
    }
}

/// Bytes that are taken for choices. Behind their end there are zeros.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn order(&mut self) -> Order {
        if self.flag() { Order::Fortran } else { Order::C }
    }

    /// Mostly a small number, and sometimes one at or near an end of the range.
    fn number(&mut self) -> isize {
        let byte = self.byte() as i8;
        match byte {
            -100..100 => isize::from(byte),
            100..110 => 1 << (self.byte() % 64),
            110..120 => isize::MAX.wrapping_add(isize::from(self.byte() as i8)),
            _ => (0..8).fold(0, |number, _| number << 8 | isize::from(self.byte())),
        }
    }

    fn numbers(&mut self, count: usize) -> Vec<isize> {
        (0..count).map(|_| self.number()).collect()
    }

    /// Mostly a few, and sometimes more than there may be.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = match self.byte() {
            byte @ 0..250 => byte % 5,
            byte => byte - 187,
        };
        (0..count).map(|_| one(self)).collect()
    }

    fn key(&mut self) -> Key {
        let byte = self.byte();
        match byte % 4 {
            0 => Key::Index(self.number()),
            1 if byte > 128 => Key::New,
            1 => Key::FULL,
            2 => Key::Ellipsis,
            _ => Key::Slice { start: self.number(), stop: self.number(), step: self.number() },
        }
    }
}

/// A layout and the path to its start: bytes to go before, between and after pointers.
#[derive(Debug)]
struct Place {
    start: Vec<i128>,
    layout: Layout,
}

impl Place {
    fn with(&self, layout: Layout) -> Self {
        Self { start: self.start.clone(), layout }
    }

    /// The path to an element.
    fn path(&self, index: &[usize]) -> Vec<i128> {
        let mut path = self.start.clone();
        for (dimension, &index) in index.iter().enumerate() {
            let step = self.layout.strides()[dimension] as i128 * index as i128;
            *path.last_mut().unwrap() += step;
            match self.layout.suboffsets().get(dimension) {
                Some(&suboffset) if suboffset >= 0 => path.push(suboffset as i128),
                _ => {}
            }
        }
        // Behind a pointer there are no bounds: addresses wrap there, as the machine's do.
        path[1..].iter_mut().for_each(|bytes| *bytes = *bytes as isize as i128);
        path
    }

    /// The paths to all elements in an order; `None` where there are too many.
    fn paths(&self, order: Order) -> Option<Vec<Vec<i128>>> {
        let indices = indices(self.layout.shape(), order)?;
        Some(indices.iter().map(|index| self.path(index)).collect())
    }

    /// First and last byte of the elements, by arithmetic alone; `None` where there are none, or
    /// pointers on the way.
    fn extent(&self) -> Option<(i128, i128)> {
        let layout = &self.layout;
        if layout.is_empty() || !layout.suboffsets().is_empty() || self.start.len() > 1 {
            return None;
        }
        let (mut low, mut high) = (self.start[0], self.start[0] + layout.itemsize() as i128);
        for (&length, &stride) in layout.shape().iter().zip(layout.strides()) {
            let reach = (length as i128 - 1) * stride as i128;
            (low, high) = (low + reach.min(0), high + reach.max(0));
        }
        Some((low, high))
    }

    /// What a layout says of itself is so.
    fn assert_sound(&self) {
        let layout = &self.layout;
        assert!(layout.ndim() <= consumer::layout::MAX_NDIM);
        assert_eq!(layout.strides().len(), layout.ndim());
        assert!(layout.suboffsets().is_empty() || layout.suboffsets().len() == layout.ndim());
        let count = layout.shape().iter().map(|&length| length as u128);
        let count = count.fold(1, u128::saturating_mul);
        assert!(count == layout.len() as u128 && layout.is_empty() == (count == 0));
        assert_eq!(layout.nbytes() as u128, count * layout.itemsize() as u128);
        assert!(isize::try_from(layout.nbytes()).is_ok());
        if let Some((low, high)) = self.extent() {
            let extent = layout.extent();
            let (from, to) = (extent.start as i128, extent.end as i128);
            assert_eq!((self.start[0] + from, self.start[0] + to), (low, high), "{self:?}");
        }
        for (order, said) in
            [(Order::C, layout.is_c_contiguous()), (Order::Fortran, layout.is_f_contiguous())]
        {
            if let Some(paths) = self.paths(order) {
                let step = layout.itemsize() as i128;
                let last = self.start.len() - 1;
                let contiguous = |pair: &[Vec<i128>]| pair[1][last] - pair[0][last] == step;
                let found = layout.suboffsets().is_empty() && paths.windows(2).all(contiguous);
                assert_eq!(said, found, "{order:?} {self:?}");
            }
        }
    }
}

/// Every index of a shape, in an order; `None` where there are too many.
fn indices(shape: &[usize], order: Order) -> Option<Vec<Vec<usize>>> {
    let count = shape.iter().try_fold(1_usize, |count, &length| count.checked_mul(length))?;
    if count > MAX_ELEMENTS {
        return None;
    }
    let mut dimensions: Vec<usize> = (0..shape.len()).collect();
    if order == Order::C {
        dimensions.reverse();
    }
    // Position `n` is a number whose digits are the indices.
    let index = |mut position: usize| {
        let mut index = vec![0; shape.len()];
        for &dimension in &dimensions {
            index[dimension] = position % shape[dimension];
            position /= shape[dimension];
        }
        index
    };
    Some((0..count).map(index).collect())
}

/// The indices of a dimension that a slice names, one step after the other.
fn sliced(length: usize, start: isize, stop: isize, step: isize) -> Option<Vec<usize>> {
    let (length, step) = (length as i128, step as i128);
    let clamp = |bound: isize| {
        let bound = bound as i128 + if bound < 0 { length } else { 0 };
        if step < 0 { bound.clamp(-1, length - 1) } else { bound.clamp(0, length) }
    };
    let (mut index, stop) = (clamp(start), clamp(stop));
    let mut indices = Vec::new();
    while if step < 0 { index > stop } else { index < stop } {
        indices.push(index as usize);
        index += step;
        if indices.len() > MAX_ELEMENTS {
            return None;
        }
    }
    Some(indices)
}

fn selected(place: &Place, keys: &[Key]) -> Option<Place> {
    let selection = place.layout.select(keys).ok()?;
    let mut start = place.start.clone();
    *start.last_mut().unwrap() += selection.offset as i128;
    start.extend(selection.hops.iter().map(|&hop| hop as i128));
    let selected = Place { start, layout: selection.layout };

    let shape = place.layout.shape();
    let named = keys.iter().filter(|key| ![Key::Ellipsis, Key::New].contains(key)).count();
    let mut whole = vec![Key::FULL; shape.len() - named];
    let mut full = Vec::new();
    for key in keys {
        match key {
            Key::Ellipsis => full.append(&mut whole),
            key => full.push(*key),
        }
    }
    full.append(&mut whole);
    // Whether each dimension that is selected is a new one.
    let stays = full.iter().filter(|key| !matches!(key, Key::Index(_)));
    let is_new: Vec<bool> = stays.map(|key| *key == Key::New).collect();
    full.retain(|key| *key != Key::New);
    // For each dimension its indices, and whether it stays.
    let chosen = full.iter().zip(shape).map(|(key, &length)| match *key {
        Key::Slice { start, stop, step } => Some((sliced(length, start, stop, step)?, true)),
        Key::Index(index) if index < 0 => Some((vec![length - index.unsigned_abs()], false)),
        Key::Index(index) => Some((vec![index.unsigned_abs()], false)),
        Key::Ellipsis => None,
        _ => panic!("no model of {key:?}"),
    });
    let Some(chosen) = chosen.collect::<Option<Vec<_>>>() else { return Some(selected) };
    let kept: Vec<usize> =
        chosen.iter().filter(|(_, stays)| *stays).map(|(indices, _)| indices.len()).collect();
    let mut lengths = kept.iter();
    let with_new = is_new.iter().map(|&new| if new { 1 } else { *lengths.next().unwrap() });
    let with_new: Vec<usize> = with_new.collect();
    assert_eq!(selected.layout.shape(), with_new);
    for index in indices(&with_new, Order::C).unwrap_or_default() {
        let of_old = index.iter().zip(&is_new).filter(|(_, new)| !**new);
        let mut index_of = of_old.map(|(index, _)| index);
        let original = chosen.iter().map(|(indices, stays)| match stays {
            true => indices[*index_of.next().unwrap()],
            false => indices[0],
        });
        let original: Vec<usize> = original.collect();
        assert_eq!(selected.path(&index), place.path(&original), "{keys:?} of {place:?}");
    }
    Some(selected)
}

fn transposed(place: &Place, axes: &[isize]) -> Option<Place> {
    let transposed = place.with(place.layout.transpose(axes).ok()?);
    let ndim = place.layout.ndim();
    for index in indices(transposed.layout.shape(), Order::C).unwrap_or_default() {
        let mut original = vec![usize::MAX; ndim];
        for (&axis, &index) in axes.iter().zip(&index) {
            let axis = axis + if axis < 0 { ndim as isize } else { 0 };
            original[axis as usize] = index;
        }
        assert_eq!(transposed.path(&index), place.path(&original), "{axes:?} of {place:?}");
    }
    Some(transposed)
}

fn reshaped(place: &Place, shape: &[isize], order: Order) -> Option<Place> {
    let reshaped = place.with(place.layout.reshape(shape, order).ok()?);
    assert_eq!(reshaped.layout.len(), place.layout.len());
    assert_eq!(reshaped.paths(order), place.paths(order), "{shape:?} {order:?} of {place:?}");
    Some(reshaped)
}

fn cast(place: &Place, itemsize: usize, shape: Option<&[isize]>, order: Order) -> Option<Place> {
    let cast = place.with(place.layout.cast(itemsize, shape, order).ok()?);
    let layout = &cast.layout;
    assert_eq!((layout.itemsize(), layout.nbytes()), (itemsize, place.layout.nbytes()));
    if layout.nbytes() > 0 {
        assert_eq!(cast.extent(), place.extent(), "{cast:?} of {place:?}");
    }
    if layout.itemsize() != place.layout.itemsize() || shape.is_some() {
        let contiguous = match order {
            Order::C => layout.is_c_contiguous(),
            Order::Fortran => layout.is_f_contiguous(),
        };
        assert!(contiguous, "{cast:?} of {place:?}");
    }
    Some(cast)
}

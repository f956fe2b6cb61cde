//! The names of a record's fields: many at once, and those that no field has.

use std::borrow::Cow;

use super::RowClass;
use crate::error::{Error, Result};
use crate::fallible::{self, QUOTED, Shortened};
use crate::form::{ElementType, Record};

impl Record {
    /// Finds a field by its name, first among the fields of the record itself and then among those
    /// of its anonymous members, and returns its offset in the record and its type. Fields
    /// none of which has a name have those that NumPy gives them: `f0`, `f1` and so on.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &ElementType)> {
        let own = self.fields.iter().find(|field| field.name.as_deref() == Some(name));
        if let Some(field) = own {
            return Some((field.offset, &field.element_type));
        }
        let mut anonymous = self.fields.iter().filter(|field| field.anonymous);
        let inner = anonymous.find_map(|field| match &field.element_type {
            ElementType::Record(inner) => inner
                .field(name)
                .map(|(offset, element_type)| (field.offset + offset, element_type)),
            _ => None,
        });
        inner.or_else(|| {
            let place: usize = name.strip_prefix('f')?.parse().ok()?;
            let field = self.fields.get(place).filter(|_| !self.has_names())?;
            (self.name(place) == name).then_some((field.offset, &field.element_type))
        })
    }

    /// Returns whether any field has a name.
    #[doc(hidden)]
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.fields.iter().any(|field| field.name.is_some())
    }

    /// Returns the name of the field at a place, which it has or is given.
    #[doc(hidden)]
    #[must_use]
    pub fn name(&self, place: usize) -> Cow<'_, str> {
        match self.fields.get(place).and_then(|field| field.name.as_deref()) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("f{place}")),
        }
    }
}

#[doc(hidden)]
impl Record {
    /// Calls `f` with each name, the offset in the record and the type of its field; in such an
    /// order that of several fields of one name the first is the one that [`field`](Self::field)
    /// finds.
    fn for_each_name<'a>(
        &'a self,
        start: usize,
        f: &mut impl FnMut(Cow<'a, str>, usize, &'a ElementType),
    ) {
        for field in &self.fields {
            if let Some(name) = &field.name {
                f(Cow::Borrowed(name), start + field.offset, &field.element_type);
            }
        }
        for field in self.fields.iter().filter(|field| field.anonymous) {
            if let ElementType::Record(inner) = &field.element_type {
                inner.for_each_name(start + field.offset, f);
            }
        }
        if !self.has_names() {
            for (place, field) in self.fields.iter().enumerate() {
                f(self.name(place), start + field.offset, &field.element_type);
            }
        }
    }

    /// Returns how many names there are at most.
    #[must_use]
    pub fn count_names(&self) -> usize {
        let mut count = 0;
        self.for_each_name(0, &mut |_, _, _| count += 1);
        count
    }

    /// Returns the length of the longest name in bytes.
    #[must_use]
    pub fn longest_name(&self) -> usize {
        let mut longest = 0;
        self.for_each_name(0, &mut |name, _, _| longest = longest.max(name.len()));
        longest
    }

    /// Finds several fields by their names, as [`field`](Self::field) finds each.
    ///
    /// # Errors
    /// Returns an error with [`is_no_such_field`](Error::is_no_such_field) or
    /// [`is_wrong_kind`](Error::is_wrong_kind) for a name that no field has, with
    /// [`is_value`](Error::is_value) for one that is there twice, and with
    /// [`is_too_large`](Error::is_too_large) if there is not enough memory.
    pub fn find(&self, names: &[&str]) -> Result<Vec<(usize, &ElementType)>> {
        let mut found = fallible::vec_for(names.len())?;
        let count = self.count_names();
        let (mut known, mut fields) = (fallible::vec_for(count)?, fallible::vec_for(count)?);
        self.for_each_name(0, &mut |name, offset, element_type| {
            known.push(name);
            fields.push(Some((offset, element_type)));
        });
        let known = NamePlaces::new(known.into_iter())?;
        for &name in names {
            let place = known.first(name).ok_or_else(|| self.no_field(name))?;
            let field = fields[place].take().ok_or_else(|| {
                let name = Shortened(name);
                Error::value(format!("field {name:?} is asked for twice"))
            })?;
            fallible::push(&mut found, field)?;
        }
        Ok(found)
    }

    /// The error for a name that no field has.
    #[must_use]
    #[cold]
    pub fn no_field(&self, name: &str) -> Error {
        /// How many names a message lists.
        const LISTED: usize = 50;
        let name = Shortened(name);
        let has_names = self.has_names();
        let listed = |place: &usize| !has_names || self.fields[*place].name.is_some();
        let names = || (0..self.fields.len()).filter(listed).map(|place| self.name(place));
        // A message is short, however many names there are and however long they are.
        let mut room = QUOTED;
        let taken = names().take(LISTED).map_while(|name| {
            room = room.checked_sub(name.len())?;
            Some(name)
        });
        let taken: Vec<Cow<'_, str>> = taken.collect();
        let listed: Vec<Shortened<'_>> = taken.iter().map(|name| Shortened(name)).collect();
        match (listed.as_slice(), names().count()) {
            (_, 0) => Error::wrong_kind(format!("no field {name:?}: the record has no fields")),
            ([], count) => Error::no_such_field(format!(
                "no field {name:?} among {count} fields with long names"
            )),
            // As in memoryview, where no record has names.
            _ if !has_names => Error::wrong_kind(format!("no field {name:?} among {listed:?}")),
            (_, count) if count == listed.len() => {
                Error::no_such_field(format!("no field {name:?} among {listed:?}"))
            }
            (_, count) => {
                let more = count - listed.len();
                Error::no_such_field(format!("no field {name:?} among {listed:?} and {more} more"))
            }
        }
    }
}

/// The places of names among others, each found in logarithmic time.
#[doc(hidden)]
#[derive(Debug)]
pub struct NamePlaces<'a>(Vec<(Cow<'a, str>, usize)>);

impl<'a> NamePlaces<'a> {
    /// # Errors
    /// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
    pub fn new(names: impl ExactSizeIterator<Item = Cow<'a, str>>) -> Result<Self> {
        let mut places = fallible::vec_for(names.len())?;
        places.extend(names.enumerate().map(|(place, name)| (name, place)));
        Ok(Self(fallible::sorted(places)))
    }

    /// Returns the first place of a name.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<usize> {
        let before = self.0.partition_point(|(other, _)| **other < *name);
        self.0.get(before).filter(|(other, _)| *other == name).map(|&(_, place)| place)
    }
}

impl Record {
    /// Returns the names of the fields in their order.
    #[doc(hidden)]
    pub fn names(&self) -> impl ExactSizeIterator<Item = Cow<'_, str>> {
        (0..self.fields.len()).map(|place| self.name(place))
    }
}

impl ElementType {
    /// Gives every record of the tree a class of its objects; returns whether there is any record.
    ///
    /// # Errors
    /// The first error of `class_of`.
    #[doc(hidden)]
    pub fn set_row_classes<E>(
        &mut self,
        class_of: &mut impl FnMut(&Record) -> Result<RowClass, E>,
    ) -> Result<bool, E> {
        match self {
            Self::Array { element, .. } | Self::Padded(_, element) => {
                element.set_row_classes(class_of)
            }
            Self::Record(record) => {
                for field in &mut record.fields {
                    field.element_type.set_row_classes(class_of)?;
                }
                record.row_class = Some(class_of(record)?);
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

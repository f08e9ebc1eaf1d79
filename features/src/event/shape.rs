//! Where a stream's fields stand in its JSON events.

use std::collections::HashMap;

use smol_str::SmolStr;

/// The objects on the way to the declared fields; the first is the event itself.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) objects: Vec<HashMap<SmolStr, Member>>,
    /// How many members all objects have.
    pub(super) members: usize,
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    /// Counts the members of all objects: tells whether one was seen already.
    pub(super) number: usize,
    pub(super) target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Field(usize),
    /// An index into [`Shape::objects`].
    Object(usize),
}

impl Shape {
    /// Of fields by their index, each with the names that lead to it.
    pub(super) fn new(fields: impl Iterator<Item = (usize, Vec<SmolStr>)>) -> Shape {
        let mut shape = Shape { objects: vec![HashMap::new()], members: 0 };
        for (index, way) in fields {
            shape.place(index, way);
        }
        shape
    }

    /// A project gives every field a place of its own, outside of every other's. Elsewhere, where two claim one place the
    /// first declared has it; where one claims what another goes through, the one declared later stays NULL.
    fn place(&mut self, field: usize, path: Vec<SmolStr>) {
        let Some((last, way)) = path.split_last() else { return };
        let mut object = 0;
        for name in way {
            let fresh = self.objects.len();
            match self.member(object, name, Target::Object(fresh)) {
                Target::Object(next) if next == fresh => self.objects.push(HashMap::new()),
                Target::Object(_) => {}
                Target::Field(_) => return,
            }
            if let Some(Member { target: Target::Object(next), .. }) = self.objects[object].get(name) {
                object = *next;
            }
        }
        self.member(object, last, Target::Field(field));
    }

    /// What stands under the name, after `target` was put there if nothing did.
    fn member(&mut self, object: usize, name: &SmolStr, target: Target) -> Target {
        let number = self.members;
        let member = self.objects[object].entry(name.clone()).or_insert(Member { number, target });
        self.members += usize::from(member.number == number);
        member.target
    }
}

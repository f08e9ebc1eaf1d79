//! Some requests, drawn at random as they come by, each as likely as any other (Vitter 1985, algorithm R): what needs all
//! values at once is told of these.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) rows: Vec<DrawnRow>,
    seen: u64,
    most: usize,
    generator: ChaCha8Rng,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct DrawnRow {
    pub(super) champion: f64,
    pub(super) challenger: f64,
    pub(super) features: Vec<f64>,
}

impl Drawn {
    pub(super) fn new(most: usize, seed: u64) -> Drawn {
        Drawn { rows: Vec::new(), seen: 0, most, generator: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(super) fn offer(&mut self, champion: f64, challenger: f64, features: &[f64]) {
        self.seen += 1;
        let row = || DrawnRow { champion, challenger, features: features.to_vec() };
        if self.rows.len() < self.most {
            self.rows.push(row());
            return;
        }
        let place = usize::try_from(self.generator.next_u64() % self.seen).unwrap_or(usize::MAX);
        if place < self.most {
            self.rows[place] = row();
        }
    }
}

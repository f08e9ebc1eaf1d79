//! The events that are sent, one after the other: each key plays out a match, and then another key takes its place.

use std::sync::Arc;

use features::partition::partition_of;
use features::value::{Type, Value};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::keys::{Distribution, Draw};
use super::template::Templates;

/// Events without end.
#[derive(Debug)]
pub(super) struct Load {
    templates: Templates,
    draw: Draw,
    rng: ChaCha8Rng,
    /// What sets the keys of one run apart from those of others.
    run: u64,
    /// Keys begun so far.
    begun: u64,
    players: Vec<Option<Player>>,
}

/// A key on its way through its match.
#[derive(Debug, Clone)]
struct Player {
    game: usize,
    next: usize,
    /// As it stands in predictions, and in the text of events.
    name: Arc<str>,
    quoted: Box<str>,
    message_key: Vec<u8>,
}

/// One event.
#[derive(Debug)]
pub(super) struct Next<'a> {
    pub(super) key: &'a [u8],
    pub(super) name: &'a Arc<str>,
    /// Whether a prediction is due.
    pub(super) kept: bool,
    pub(super) partition: u32,
}

impl Load {
    pub(super) fn new(templates: Templates, keys: Distribution, seed: u64) -> Load {
        let draw = Draw::new(&keys);
        let players = vec![None; draw.keys()];
        Load {
            templates,
            draw,
            rng: ChaCha8Rng::seed_from_u64(seed ^ 0x6b65_7973),
            run: rand::random(),
            begun: 0,
            players,
        }
    }

    /// The next event; its text is put into `text`.
    pub(super) fn next(&mut self, text: &mut Vec<u8>) -> Next<'_> {
        let place = self.draw.next(&mut self.rng);
        let over = |player: &Player| player.next >= self.templates.games[player.game].events.len();
        let mut player = match self.players[place].take().filter(|player| !over(player)) {
            Some(player) => player,
            None => self.begin(),
        };
        let template = &self.templates.games[player.game].events[player.next];
        player.next += 1;
        template.write(&player.quoted, text);
        let kept = template.kept;
        let partition = partition_of(&player.message_key, self.templates.stream.partitions);
        let Player { message_key, name, .. } = self.players[place].insert(player);
        Next { key: message_key, name, kept, partition }
    }

    fn begin(&mut self) -> Player {
        self.begun += 1;
        let game = self.rng.random_range(0..self.templates.games.len());
        let field = &self.templates.stream.schema.fields[self.templates.varied];
        let (value, name) = match field.ty {
            Type::Int => {
                // Below 2^62, and far from anybody's own numbers.
                let number =
                    i64::try_from((self.run >> 3 & !0xffff_ffff) | self.begun & 0xffff_ffff).unwrap_or(i64::MAX);
                (Value::Int(number), number.to_string())
            }
            _ => {
                let name = format!("bench-{:08x}-{}", self.run >> 32, self.begun);
                (Value::String(name.as_str().into()), name)
            }
        };
        let quoted = match field.ty {
            Type::Int => name.clone(),
            _ => format!("\"{name}\""),
        };
        let message_key = self.templates.message_key(&self.templates.games[game], &value);
        Player { game, next: 0, name: name.into(), quoted: quoted.into(), message_key }
    }
}

//! What is read and written at once.

use redis::{Cmd, ConnectionLike, ErrorKind, FromRedisValue, RedisResult, Script, ServerErrorKind};

/// `KEYS[1]`: a slot. ARGV: the claim; the record of a slot that was never claimed.
///
/// Puts the claim into the record and adds one to its number (8 bytes, big-endian, behind version and claim); returns the
/// record. One that is of another form is left alone and returned: the caller says what is wrong with it.
pub(super) const CLAIM: &str = r"
local record = redis.call('HGET', KEYS[1], 'r')
if record then
  if #record ~= #ARGV[2] or string.byte(record) ~= string.byte(ARGV[2]) then return record end
  local number = {string.byte(record, 18, 25)}
  local place = 8
  while number[place] == 255 and place > 1 do
    number[place] = 0
    place = place - 1
  end
  number[place] = (number[place] + 1) % 256
  record = string.sub(record, 1, 1) .. ARGV[1] .. string.char(unpack(number)) .. string.sub(record, 26)
else
  record = ARGV[2]
end
-- Of a slot of which nothing is folded no state may be left.
if string.sub(record, 26, 33) == string.rep('\0', 8) then redis.call('UNLINK', KEYS[1]) end
redis.call('HSET', KEYS[1], 'r', record)
return record
";

/// `KEYS[1]`: a slot. ARGV: what its record must begin with; the record from now on; then fields and states in turn.
///
/// Returns 0, and has changed nothing, where the record is another one.
pub(super) const FLUSH: &str = r"
local record = redis.call('HGET', KEYS[1], 'r')
if not record or string.sub(record, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
-- Lua hands over some thousand arguments at a time, not more.
for first = 3, #ARGV, 1000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
redis.call('HSET', KEYS[1], 'r', ARGV[2])
return 1
";

/// `KEYS[1]`: a slot. ARGV: what its record must begin with; the record while some states are left; how many may go.
///
/// Returns 0 as a flush does, 1 where states are left, 2 where the slot is gone.
pub(super) const REMOVE: &str = r"
local record = redis.call('HGET', KEYS[1], 'r')
if not record or string.sub(record, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
local limit = tonumber(ARGV[3])
if redis.call('HLEN', KEYS[1]) - 1 <= limit then
  redis.call('UNLINK', KEYS[1])
  return 2
end
local removed = {}
-- One more than may go: one of them may be the record.
for _, field in ipairs(redis.call('HRANDFIELD', KEYS[1], limit + 1)) do
  if field ~= 'r' and #removed < limit then removed[#removed + 1] = field end
end
for first = 1, #removed, 1000 do
  redis.call('HDEL', KEYS[1], unpack(removed, first, math.min(first + 999, #removed)))
end
redis.call('HSET', KEYS[1], 'r', ARGV[2])
return 1
";

/// A script, and what Redis remembers it by.
pub(super) struct Prepared {
    text: &'static str,
    hash: String,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Prepared({})", self.hash)
    }
}

impl Prepared {
    pub(super) fn new(text: &'static str) -> Prepared {
        Prepared { hash: Script::new(text).get_hash().to_owned(), text }
    }

    /// Runs it on the key; `arguments` adds what follows. A node that has never seen it, because it is new or was
    /// restarted, is sent the text with the same arguments.
    pub(super) fn run<T: FromRedisValue>(
        &self,
        connection: &mut dyn ConnectionLike,
        key: &str,
        arguments: impl Fn(&mut Cmd),
    ) -> RedisResult<T> {
        let command = |name: &str, script: &str| {
            let mut command = redis::cmd(name);
            command.arg(script).arg(1).arg(key);
            arguments(&mut command);
            command
        };
        match command("EVALSHA", &self.hash).query(connection) {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                command("EVAL", self.text).query(connection)
            }
            answer => answer,
        }
    }
}

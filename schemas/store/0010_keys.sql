-- The CURVE key that a worker proved when it said HELLO; empty on sockets of this machine, which ask for none. A worker is who it is by this
-- key: another one may not speak for it.
ALTER TABLE worker ADD COLUMN public_key TEXT NOT NULL DEFAULT '';

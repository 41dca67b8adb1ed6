-- SHA-256 of the address and the program that a session was opened from: where an account has very many, those of one place make room for
-- each other. Those from before are of one place.
ALTER TABLE site.session ADD COLUMN opened_from bytea NOT NULL DEFAULT '';

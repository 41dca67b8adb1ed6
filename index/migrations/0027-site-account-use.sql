-- Whether its password was made by us, and so can only be kept on paper: its owner is offered to choose one. Of passwords that stand
-- here already nobody knows.
ALTER TABLE site.account ADD COLUMN password_generated boolean NOT NULL DEFAULT false;

-- When it was used last, to within a minute: an account that nobody uses any more is one to remove.
ALTER TABLE site.account ADD COLUMN last_seen_at timestamptz;

-- That is no change of the account: remembered credentials hold on.
DROP TRIGGER account_changed ON site.account;
CREATE TRIGGER account_changed BEFORE UPDATE OF name, password_hash, rights ON site.account
  FOR EACH ROW EXECUTE FUNCTION site.note_change();

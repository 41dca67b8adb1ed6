-- What of the worklist changed lately is asked once a second while anybody listens, whenever it was scheduled for.
CREATE INDEX scheduled_step_changed ON site.scheduled_step (changed_at);

-- The status page asks every few seconds for reports that were given up, and whether the device was reached since.
CREATE INDEX commitment_given_up ON site.commitment (next_at) WHERE state = 'given-up';
CREATE INDEX commitment_reported ON site.commitment (calling_ae_title, reported_at) WHERE state = 'reported';

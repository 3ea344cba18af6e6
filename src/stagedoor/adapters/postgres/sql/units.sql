-- What a permit counts in: photographs of a capture are no frames of a double, and neither uses up the other.

ALTER TABLE work.permit ADD COLUMN unit text NOT NULL DEFAULT '';
UPDATE work.permit p SET unit = f.body::jsonb ->> 'unit' FROM facts.fact f WHERE f.digest = p.permit;
ALTER TABLE work.permit ALTER COLUMN unit DROP DEFAULT;

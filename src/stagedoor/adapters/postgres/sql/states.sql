-- People (erasable) and the states of assets: small rows beside the facts, rebuilt from them if need be.

CREATE SCHEMA people;

CREATE TABLE people.person (
    party       text PRIMARY KEY,
    name        text NOT NULL,
    contact     text NOT NULL,
    enrolled_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE SCHEMA assets;

CREATE TABLE assets.state (
    asset      text PRIMARY KEY,
    kind       text NOT NULL,
    performer  text NOT NULL,
    production text NOT NULL,
    epoch      bigint NOT NULL DEFAULT 1 CHECK (epoch > 0),
    withdrawn  boolean NOT NULL DEFAULT false,
    holds      text[] NOT NULL DEFAULT '{}'
);

-- Keys only ever move on, and what was withdrawn stays withdrawn: a new consent is given to a new asset.
CREATE FUNCTION assets.refuse_return() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.epoch < OLD.epoch OR (OLD.withdrawn AND NOT NEW.withdrawn) OR NEW.asset <> OLD.asset THEN
        RAISE EXCEPTION 'the keys of % never move back', OLD.asset USING ERRCODE = 'SD001';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_forward BEFORE UPDATE ON assets.state
    FOR EACH ROW EXECUTE FUNCTION assets.refuse_return();
ALTER TABLE assets.state ENABLE ALWAYS TRIGGER only_forward;

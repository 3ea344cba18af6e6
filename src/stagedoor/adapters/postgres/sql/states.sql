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

-- Further names of a person: stage names, nicknames, spellings in other scripts.  Erased with the person.

CREATE TABLE people.alias (
    party text NOT NULL REFERENCES people.person (party) ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    PRIMARY KEY (party, name)
);

GRANT SELECT, INSERT, DELETE ON people.alias TO stagedoor_gate;

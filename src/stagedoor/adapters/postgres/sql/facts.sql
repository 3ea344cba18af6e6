-- Facts: append-only, addressed by digest, chained per journal.
--
--   digest = 'sha256:' || hex(sha256('stagedoor/v1/' || kind || \x00 || body))              core/base/canonical.py
--   chain  = 'sha256:' || hex(sha256('stagedoor/v1/journal' || \x00 || parent \n journal \n seq \n kind \n ident \n
--                                    digest \n recorded_at))     parent: the chain before, '' for the first

CREATE SCHEMA facts;

CREATE TABLE facts.journal (
    journal text PRIMARY KEY CHECK (journal ~ '^[a-z]+(/[^[:cntrl:]]{1,200})?$'),
    seq     bigint NOT NULL DEFAULT 0,
    chain   text   NOT NULL DEFAULT ''
);

CREATE TABLE facts.fact (
    digest      text PRIMARY KEY,
    journal     text NOT NULL REFERENCES facts.journal,
    seq         bigint NOT NULL CHECK (seq > 0),
    kind        text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    ident       text NOT NULL DEFAULT '' CHECK (ident !~ '[[:cntrl:]]' AND length(ident) <= 300),
    body        text NOT NULL CHECK (octet_length(body) <= 1048576),
    parent      text NOT NULL,
    chain       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (journal, seq)
);

CREATE UNIQUE INDEX fact_kind_ident ON facts.fact (kind, ident) WHERE ident <> '';
CREATE INDEX fact_kind ON facts.fact (kind, journal, seq);
CREATE INDEX fact_signs ON facts.fact (((body::jsonb) ->> 'signs')) WHERE kind = 'signature';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON facts.fact
    FOR EACH STATEMENT EXECUTE FUNCTION meta.refuse_change();
ALTER TABLE facts.fact ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON facts.journal
    FOR EACH STATEMENT EXECUTE FUNCTION meta.refuse_change();
ALTER TABLE facts.journal ENABLE ALWAYS TRIGGER append_only;

CREATE FUNCTION facts.digest_of(kind text, body text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT 'sha256:' || encode(sha256(convert_to('stagedoor/v1/' || kind, 'UTF8') || '\x00'::bytea
                                      || convert_to(body, 'UTF8')), 'hex')
$$;

CREATE FUNCTION facts.moment_text(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE FUNCTION facts.chain_of(parent text, journal text, seq bigint, kind text, ident text, digest text,
                               moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT 'sha256:' || encode(sha256(
        convert_to('stagedoor/v1/journal', 'UTF8') || '\x00'::bytea
        || convert_to(concat_ws(E'\n', parent, journal, seq, kind, ident, digest, facts.moment_text(moment)), 'UTF8')),
        'hex')
$$;

-- Set-based appending to one journal; the journal's row is locked until the transaction ends, so seq has no gaps.
-- A fact that is there already (in whatever journal) is returned where it lies, fresh = false.
CREATE FUNCTION facts.append_unchecked(to_journal text, kinds text[], idents text[], bodies text[])
RETURNS TABLE (position_ int, digest text, journal text, seq bigint, fresh boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head    facts.journal;
    present facts.fact;
    moment  timestamptz;
    link    text;
    written boolean := false;
BEGIN
    IF cardinality(kinds) <> cardinality(bodies) OR cardinality(kinds) <> cardinality(idents) THEN
        RAISE EXCEPTION 'as many kinds and idents as bodies, please' USING ERRCODE = 'SD007';
    END IF;
    INSERT INTO facts.journal AS j (journal) VALUES (to_journal) ON CONFLICT DO NOTHING;
    SELECT j.journal, j.seq, j.chain INTO head FROM facts.journal j WHERE j.journal = to_journal FOR UPDATE;
    FOR place IN 1 .. cardinality(kinds) LOOP
        position_ := place;
        digest := facts.digest_of(kinds[place], bodies[place]);
        moment := clock_timestamp();
        link := facts.chain_of(head.chain, to_journal, head.seq + 1, kinds[place], idents[place], digest, moment);
        INSERT INTO facts.fact (digest, journal, seq, kind, ident, body, parent, chain, recorded_at)
        VALUES (append_unchecked.digest, to_journal, head.seq + 1, kinds[place], idents[place], bodies[place],
                head.chain, link, moment)
        ON CONFLICT DO NOTHING;
        fresh := FOUND;
        IF fresh THEN
            head.seq := head.seq + 1;
            head.chain := link;
            journal := to_journal;
            seq := head.seq;
            written := true;
        ELSE
            -- A new statement, so it sees what another transaction committed while we waited for it.
            SELECT f.journal, f.seq INTO journal, seq FROM facts.fact f
             WHERE f.digest = append_unchecked.digest AND f.kind = kinds[place] AND f.ident = idents[place];
            IF NOT FOUND THEN
                RAISE EXCEPTION '% % was recorded before with other content', kinds[place], idents[place]
                    USING ERRCODE = 'SD005';
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
    IF written THEN
        UPDATE facts.journal j SET seq = head.seq, chain = head.chain WHERE j.journal = to_journal;
    END IF;
END
$$;

CREATE FUNCTION facts.append_many(to_journal text, kinds text[], idents text[], bodies text[])
RETURNS TABLE (position_ int, digest text, journal text, seq bigint, fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_journal LIKE 'custodian/%' THEN
        RAISE EXCEPTION 'only a custodian writes its own journal' USING ERRCODE = 'SD051';
    END IF;
    IF 'entry' = ANY (kinds) THEN
        RAISE EXCEPTION 'an entry is recorded with ledger.post, which moves its money too' USING ERRCODE = 'SD051';
    END IF;
    RETURN QUERY SELECT a.position_, a.digest, a.journal, a.seq, a.fresh
                   FROM facts.append_unchecked(to_journal, kinds, idents, bodies) a;
END
$$;

CREATE FUNCTION facts.append(to_journal text, kind text, ident text, body text)
RETURNS TABLE (digest text, journal text, seq bigint, fresh boolean)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.digest, a.journal, a.seq, a.fresh
      FROM facts.append_many(to_journal, ARRAY[kind], ARRAY[ident], ARRAY[body]) a
$$;

-- A fact's body by its digest, or by its id: facts point by digest, states and people by id.
CREATE FUNCTION facts.body_of(of_kind text, reference text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT f.body FROM facts.fact f
     WHERE f.kind = of_kind AND (f.digest = reference OR (f.ident = reference AND f.ident <> ''))
$$;

CREATE FUNCTION facts.signatures_over(subject text) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(jsonb_agg(f.body ORDER BY f.recorded_at, f.journal, f.seq), '[]'::jsonb)
      FROM facts.fact f
     WHERE f.kind = 'signature' AND (f.body::jsonb) ->> 'signs' = subject
$$;

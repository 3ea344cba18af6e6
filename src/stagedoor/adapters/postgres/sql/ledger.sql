-- Double entry, append-only.  Amounts are whole millionths of the currency, debits positive, credits negative.
-- The truth is the entry fact in its journal; entry and posting rows are its lines laid out for reading, and balance is
-- a projection.  The audit recomputes all three from the facts.

CREATE SCHEMA ledger;

CREATE TABLE ledger.entry (
    digest      text PRIMARY KEY REFERENCES facts.fact,
    entry_id    text NOT NULL UNIQUE,
    kind        text NOT NULL CHECK (kind IN ('deposit', 'reserve', 'post', 'release', 'correct')),
    production  text NOT NULL,
    performer   text NOT NULL,
    permit      text NOT NULL,
    cause       text NOT NULL CHECK (cause <> ''),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (kind, cause)
);
CREATE INDEX entry_permit ON ledger.entry (permit) WHERE permit <> '';
CREATE INDEX entry_cause ON ledger.entry (cause);
CREATE INDEX entry_production ON ledger.entry (production, seq);
CREATE INDEX entry_performer ON ledger.entry (performer, seq) WHERE performer <> '';
CREATE INDEX entry_seq ON ledger.entry (seq);

CREATE TABLE ledger.posting (
    entry    text NOT NULL REFERENCES ledger.entry,
    line     int  NOT NULL CHECK (line >= 0),
    account  text NOT NULL CHECK (account ~ '^[a-z_]+(/[^[:cntrl:]]{1,200})?$'),
    amount   bigint NOT NULL,
    currency text NOT NULL,
    rule     text NOT NULL,
    why      text NOT NULL,
    PRIMARY KEY (entry, line)
);
CREATE INDEX posting_account ON ledger.posting (account, currency);

CREATE TABLE ledger.balance (
    account  text NOT NULL,
    currency text NOT NULL,
    amount   bigint NOT NULL,
    PRIMARY KEY (account, currency)
) WITH (fillfactor = 70);  -- room for a moved balance on its own page: updated often, never indexed by amount

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entry
    FOR EACH STATEMENT EXECUTE FUNCTION meta.refuse_change();
ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.posting
    FOR EACH STATEMENT EXECUTE FUNCTION meta.refuse_change();
ALTER TABLE ledger.posting ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger.balance
    FOR EACH STATEMENT EXECUTE FUNCTION meta.refuse_change();
ALTER TABLE ledger.balance ENABLE ALWAYS TRIGGER append_only;

-- Second check of invariant 7, on another path than ledger.post_many: lines that do not sum to nothing cannot be written
-- by one statement, and an entry without balanced lines cannot be committed.
CREATE FUNCTION ledger.refuse_unbalanced_lines() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bad text;
BEGIN
    SELECT a.entry INTO bad FROM added a GROUP BY a.entry HAVING sum(a.amount) <> 0 LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'the lines of entry % do not sum to nothing', bad USING ERRCODE = 'SD007';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER lines_balance AFTER INSERT ON ledger.posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_unbalanced_lines();
ALTER TABLE ledger.posting ENABLE ALWAYS TRIGGER lines_balance;

-- As the owner: a deferred trigger runs at commit, before PostgreSQL 18 as whoever commits.
CREATE FUNCTION ledger.refuse_unbalanced_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lines bigint;
    total numeric;
    kept  boolean;
BEGIN
    SELECT count(p.line), coalesce(sum(p.amount), 0), coalesce(bool_and(p.currency = NEW.currency), false)
      INTO lines, total, kept FROM ledger.posting p WHERE p.entry = NEW.digest;
    IF lines = 0 OR total <> 0 OR NOT kept THEN
        RAISE EXCEPTION 'entry % has % lines that sum to %', NEW.entry_id, lines, total USING ERRCODE = 'SD007';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON ledger.entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_unbalanced_entry();
ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER entry_balances;

-- '1450.000000 USD' -> 1450000000, exactly; null for anything else.  Plain SQL, so that it is inlined.
CREATE FUNCTION ledger.units_of(amount text) RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN amount ~ '^-?(0|[1-9][0-9]{0,12})\.[0-9]{6} [A-Z]{3}$' AND left(amount, 10) <> '-0.000000 '
           THEN replace(left(amount, -4), '.', '')::bigint END
$$;

-- Record entries with their lines and the balances they move; set-based, all or nothing.  An entry that is there
-- already changes nothing (fresh = false): delivered once or ten times, late or out of order, the postings are the same.
CREATE FUNCTION ledger.post_many(to_journal text, entry_ids text[], bodies text[])
RETURNS TABLE (position_ int, digest text, journal text, seq bigint, fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digests  text[];
    journals text[];
    seqs     bigint[];
    freshes  boolean[];
    wanted   bigint;
    made     bigint;
BEGIN
    IF to_journal LIKE 'custodian/%' THEN
        RAISE EXCEPTION 'entries do not belong in a custodian''s journal' USING ERRCODE = 'SD051';
    END IF;
    SELECT array_agg(a.digest ORDER BY a.position_), array_agg(a.journal ORDER BY a.position_),
           array_agg(a.seq ORDER BY a.position_), array_agg(a.fresh ORDER BY a.position_),
           count(*) FILTER (WHERE a.fresh)
      INTO digests, journals, seqs, freshes, wanted
      FROM facts.append_unchecked(to_journal, array_fill('entry'::text, ARRAY[cardinality(bodies)]), entry_ids, bodies) a;
    IF wanted > 0 THEN
        WITH parsed AS MATERIALIZED (
            SELECT d.place, d.digest, b.body::jsonb AS entry
              FROM unnest(digests, freshes) WITH ORDINALITY AS d(digest, fresh, place)
              JOIN unnest(bodies) WITH ORDINALITY AS b(body, place) USING (place)
             WHERE d.fresh
        )
        INSERT INTO ledger.entry (digest, entry_id, kind, production, performer, permit, cause, currency)
        SELECT p.digest, p.entry ->> 'entry', p.entry ->> 'kind', p.entry ->> 'production', p.entry ->> 'performer',
               p.entry ->> 'permit', p.entry ->> 'cause', split_part(p.entry #>> '{postings,0,amount}', ' ', 2)
          FROM parsed p
         WHERE p.entry ->> 'fact' = 'entry' AND jsonb_array_length(p.entry -> 'postings') > 0
           AND p.entry ->> 'entry' = entry_ids[p.place]
         ORDER BY p.place
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS made = ROW_COUNT;
        IF made <> wanted THEN
            PERFORM ledger.explain_conflict(bodies);
        END IF;
        PERFORM ledger.lay_out(digests, freshes, bodies);
    END IF;
    RETURN QUERY SELECT u.place::int, u.d, u.j, u.s, u.f
                   FROM unnest(digests, journals, seqs, freshes) WITH ORDINALITY AS u(d, j, s, f, place);
END
$$;

-- Why fewer entries were made than asked for; always raises.
CREATE FUNCTION ledger.explain_conflict(bodies text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    item jsonb;
BEGIN
    FOR item IN SELECT b.body::jsonb FROM unnest(bodies) AS b(body) LOOP
        IF item ->> 'fact' IS DISTINCT FROM 'entry' OR coalesce(jsonb_array_length(item -> 'postings'), 0) = 0 THEN
            RAISE EXCEPTION 'an entry has at least one line, and its body is an entry' USING ERRCODE = 'SD007';
        END IF;
    END LOOP;
    RAISE EXCEPTION 'an entry of this kind was posted for this cause before, or the id was used for another'
        USING ERRCODE = 'SD005';
END
$$;

-- Lay the lines of fresh entries out and move the balances, in one statement; balances in order of account, so that two
-- posters never wait for each other in a circle.
CREATE FUNCTION ledger.lay_out(digests text[], freshes boolean[], bodies text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unbalanced text;
    overdrawn  text;
BEGIN
    WITH lines AS MATERIALIZED (
        SELECT d.digest, (l.line - 1)::int AS line, l.item ->> 'account' AS account, l.item ->> 'rule' AS rule,
               l.item ->> 'why' AS why, ledger.units_of(l.item ->> 'amount') AS amount,
               right(l.item ->> 'amount', 3) AS currency
          FROM unnest(digests, freshes, bodies) AS d(digest, fresh, body),
               jsonb_array_elements(d.body::jsonb -> 'postings') WITH ORDINALITY AS l(item, line)
         WHERE d.fresh
    ), wrong AS MATERIALIZED (
        SELECT l.digest FROM lines l GROUP BY l.digest
        HAVING sum(l.amount) <> 0 OR count(l.amount) <> count(l.line) OR min(l.currency) <> max(l.currency)
    ), written AS (
        INSERT INTO ledger.posting (entry, line, account, amount, currency, rule, why)
        SELECT l.digest, l.line, l.account, l.amount, l.currency, l.rule, l.why FROM lines l
         WHERE NOT EXISTS (SELECT FROM wrong)
    ), moved AS (
        INSERT INTO ledger.balance AS b (account, currency, amount)
        SELECT l.account, l.currency, sum(l.amount)::bigint FROM lines l
         WHERE NOT EXISTS (SELECT FROM wrong)
         GROUP BY l.account, l.currency
         ORDER BY l.account, l.currency
        ON CONFLICT (account, currency) DO UPDATE SET amount = b.amount + excluded.amount
        RETURNING b.account, b.amount
    )
    SELECT (SELECT min(w.digest) FROM wrong w),
           (SELECT min(m.account) FROM moved m
             WHERE m.amount > 0 AND (m.account LIKE 'funds/%' OR m.account LIKE 'reserved/%'))
      INTO unbalanced, overdrawn;
    IF unbalanced IS NOT NULL THEN
        RAISE EXCEPTION 'entry % does not balance in one currency', unbalanced USING ERRCODE = 'SD007';
    END IF;
    IF overdrawn IS NOT NULL THEN
        RAISE EXCEPTION '% does not hold that much', overdrawn USING ERRCODE = 'SD042';
    END IF;
END
$$;

CREATE FUNCTION ledger.post(to_journal text, entry_id text, body text)
RETURNS TABLE (digest text, seq bigint, fresh boolean)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.digest, p.seq, p.fresh FROM ledger.post_many(to_journal, ARRAY[entry_id], ARRAY[body]) p
$$;

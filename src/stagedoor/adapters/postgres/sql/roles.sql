-- Who may do what.  Roles belong to the whole server, grants to this database.
-- No grant below lets anybody UPDATE, DELETE or TRUNCATE a table of facts or of the ledger.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['stagedoor_gate', 'stagedoor_worker', 'stagedoor_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOCREATEDB NOCREATEROLE NOINHERIT', wanted);
            -- Small statements all day: compiling them costs more than running them.
            EXECUTE format('ALTER ROLE %I SET jit = off', wanted);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA meta, facts, assets, ledger, work, custody FROM PUBLIC;

-- A custodian: its role, its journal and the schema of its own that holds its shares.  Owner only.
CREATE FUNCTION custody.add_custodian(new_name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_role   text := 'stagedoor_custodian_' || new_name;
    new_schema text := 'custodian_' || new_name;
BEGIN
    IF new_name !~ '^[a-z][a-z0-9_]{0,30}$' THEN
        RAISE EXCEPTION 'a custodian is named with small letters, digits and _' USING ERRCODE = 'SD007';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = new_role) THEN
        EXECUTE format('CREATE ROLE %I LOGIN NOCREATEDB NOCREATEROLE NOINHERIT', new_role);
        EXECUTE format('ALTER ROLE %I SET jit = off', new_role);
    END IF;
    INSERT INTO custody.custodian (name, role, journal) VALUES (new_name, new_role, 'custodian/' || new_name)
    ON CONFLICT DO NOTHING;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', new_schema);
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I.share (asset text PRIMARY KEY, wrapped bytea NOT NULL,'
                   ' performer text NOT NULL, performer_key text NOT NULL,'
                   ' taken_at timestamptz NOT NULL DEFAULT clock_timestamp())', new_schema);
    EXECUTE format('GRANT USAGE ON SCHEMA %I, custody TO %I', new_schema, new_role);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I.share TO %I', new_schema, new_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION custody.pending_grants(text), custody.check_grant(text, text),'
                   ' custody.release(text, text, bytea, text), custody.refuse(text, text, text, text),'
                   ' custody.take_deposits(text), custody.deposit_taken(text, text),'
                   ' custody.pending_destructions(text), custody.destruction_done(text, text, text) TO %I', new_role);
END
$$;
REVOKE ALL ON FUNCTION custody.add_custodian(text) FROM PUBLIC;

SELECT custody.add_custodian('union');
SELECT custody.add_custodian('studio');

-- The gate: reads everything but shares and envelopes, writes facts and entries through functions only.
GRANT USAGE ON SCHEMA meta, facts, people, assets, work, ledger, custody TO stagedoor_gate;
GRANT SELECT ON ALL TABLES IN SCHEMA meta, facts, assets, work, ledger TO stagedoor_gate;
GRANT SELECT, INSERT, UPDATE, DELETE ON people.person TO stagedoor_gate;
GRANT INSERT, UPDATE ON assets.state, work.permit, work.consent_lock, work.queue, work.lease TO stagedoor_gate;
GRANT UPDATE ON work.key_request, work.delivery TO stagedoor_gate;
GRANT SELECT ON custody.custodian, custody.destruction TO stagedoor_gate;
GRANT SELECT (grant_digest, custodian, released, fact, code, why, answered_at) ON custody.answer TO stagedoor_gate;
GRANT SELECT (asset, custodian, performer, performer_key, deposited_at, taken_at) ON custody.deposit TO stagedoor_gate;
GRANT INSERT (asset, custodian, envelope, performer, performer_key) ON custody.deposit TO stagedoor_gate;
GRANT INSERT (asset, custodian, because) ON custody.destruction TO stagedoor_gate;
GRANT EXECUTE ON FUNCTION facts.append(text, text, text, text), facts.append_many(text, text[], text[], text[]),
    facts.digest_of(text, text), facts.moment_text(timestamptz), facts.body_of(text, text), facts.signatures_over(text),
    ledger.post(text, text, text), ledger.post_many(text, text[], text[]), work.permit_of(text), work.order_of(text),
    work.end_lease(text)
    TO stagedoor_gate;

-- The worker: its own functions and nothing else; not one table.
GRANT USAGE ON SCHEMA work TO stagedoor_worker;
GRANT EXECUTE ON FUNCTION work.next_order(text), work.ask_key(text, text, text, text), work.key_answer(text),
    work.renew(text), work.end_lease(text), work.deliver(text, text, text, jsonb), work.delivery_answer(text),
    work.fail(text, text)
    TO stagedoor_worker;

-- The reader: what an auditor needs; no names, no shares, no envelopes.
GRANT USAGE ON SCHEMA meta, facts, assets, work, ledger, custody TO stagedoor_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA meta, facts, assets, ledger TO stagedoor_reader;
GRANT SELECT ON work.permit, work.consent_lock, work.queue, work.lease, work.key_request TO stagedoor_reader;
GRANT SELECT (order_id, receipt_digest, receipt_body, signature_body, status, code, why, delivered_at)
    ON work.delivery TO stagedoor_reader;
GRANT SELECT ON custody.custodian, custody.destruction TO stagedoor_reader;
GRANT SELECT (grant_digest, custodian, released, fact, code, why, answered_at) ON custody.answer TO stagedoor_reader;
GRANT SELECT (asset, custodian, deposited_at, taken_at) ON custody.deposit TO stagedoor_reader;
GRANT EXECUTE ON FUNCTION facts.moment_text(timestamptz), facts.digest_of(text, text) TO stagedoor_reader;

-- What custodians are asked, and what they answered.  Each custodian is its own role; every function checks that the
-- role that logged in is the custodian it speaks for.  Shares lie in schemas of their own (custodian_<name>).

CREATE SCHEMA custody;

CREATE TABLE custody.custodian (
    name    text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,30}$'),
    role    text NOT NULL UNIQUE,
    journal text NOT NULL UNIQUE
);

CREATE TABLE custody.deposit (
    asset         text NOT NULL,
    custodian     text NOT NULL REFERENCES custody.custodian,
    envelope      bytea,
    performer     text NOT NULL,
    performer_key text NOT NULL,
    deposited_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at      timestamptz,
    PRIMARY KEY (asset, custodian)
);
CREATE INDEX deposit_waiting ON custody.deposit (custodian, deposited_at) WHERE taken_at IS NULL;

CREATE TABLE custody.destruction (
    asset     text NOT NULL,
    custodian text NOT NULL REFERENCES custody.custodian,
    because   text NOT NULL,
    asked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at   timestamptz,
    PRIMARY KEY (asset, custodian)
);
CREATE INDEX destruction_waiting ON custody.destruction (custodian, asked_at) WHERE done_at IS NULL;

CREATE TABLE custody.answer (
    grant_digest text NOT NULL REFERENCES work.lease,
    custodian    text NOT NULL REFERENCES custody.custodian,
    released     boolean NOT NULL,
    envelope     bytea,
    fact         text REFERENCES facts.fact,
    code         text NOT NULL DEFAULT '',
    why          text NOT NULL DEFAULT '',
    answered_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (grant_digest, custodian)
);

-- The custodian's journal, if the role that logged in is that custodian; otherwise it raises.
CREATE FUNCTION custody.require_self(claimed text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own text;
BEGIN
    SELECT c.journal INTO own FROM custody.custodian c WHERE c.name = claimed AND c.role = session_user;
    IF own IS NULL THEN
        RAISE EXCEPTION 'the role that logged in is not the custodian %', left(claimed, 40) USING ERRCODE = 'SD051';
    END IF;
    RETURN own;
END
$$;

CREATE FUNCTION custody.pending_grants(for_custodian text) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM custody.require_self(for_custodian);
    RETURN QUERY
        SELECT l.grant_digest FROM work.lease l
         WHERE NOT l.ended AND l.ends_at > clock_timestamp()
           AND NOT EXISTS (SELECT FROM custody.answer a
                            WHERE a.grant_digest = l.grant_digest AND a.custodian = for_custodian)
         ORDER BY l.opened_at, l.grant_digest;
END
$$;

-- Everything a custodian judges by, in one row, with the three rows that could move under it shared-locked until its
-- transaction ends: a withdrawal either waits for the release to be recorded, or is seen here (invariants 4 and 5).
CREATE FUNCTION custody.check_grant(for_custodian text, of_grant text)
RETURNS TABLE (grant_body text, permit_body text, decision_body text, request_body text, consent_body text,
               consent_signatures jsonb, reserve_entry_body text, permit_signatures jsonb, asset_epoch bigint,
               asset_withdrawn boolean, asset_holds text[], permit_live boolean, permit_status text,
               lease_live boolean, units_left bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held    work.lease;
    now_at  timestamptz;
    permit_ jsonb;
    given   work.permit;
BEGIN
    PERFORM custody.require_self(for_custodian);
    SELECT l.asset, l.permit INTO held.asset, held.permit FROM work.lease l WHERE l.grant_digest = of_grant;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT s.epoch, s.withdrawn, s.holds INTO asset_epoch, asset_withdrawn, asset_holds
      FROM assets.state s WHERE s.asset = held.asset FOR SHARE;
    SELECT p.permit_id, p.status, p.ends_at, p.units - p.units_made
      INTO given.permit_id, given.status, given.ends_at, units_left
      FROM work.permit p WHERE p.permit = held.permit FOR SHARE;
    SELECT l.ended, l.ends_at INTO held.ended, held.ends_at
      FROM work.lease l WHERE l.grant_digest = of_grant FOR SHARE;
    now_at := clock_timestamp();  -- after the locks: waiting for them takes time too
    permit_status := given.status;
    permit_live := given.status <> 'void' AND given.ends_at > now_at;
    lease_live := NOT held.ended AND held.ends_at > now_at;
    grant_body := facts.body_of('key_grant', of_grant);
    permit_body := facts.body_of('permit', held.permit);
    permit_ := permit_body::jsonb;
    decision_body := facts.body_of('decision', permit_ ->> 'decision');
    request_body := facts.body_of('request', permit_ ->> 'request');
    consent_body := facts.body_of('consent', permit_ ->> 'consent');
    consent_signatures := facts.signatures_over(facts.digest_of('consent', consent_body));
    permit_signatures := facts.signatures_over(held.permit);
    SELECT f.body INTO reserve_entry_body
      FROM ledger.entry e JOIN facts.fact f ON f.digest = e.digest
     WHERE e.kind = 'reserve' AND e.cause = held.permit
       AND NOT EXISTS (SELECT FROM ledger.entry r
                        WHERE r.kind = 'release' AND r.permit IN (held.permit, given.permit_id));
    RETURN NEXT;
END
$$;

-- Raises unless the grant may still be honoured; the last look before an envelope is stored.
CREATE FUNCTION custody.require_live(of_grant text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held work.lease;
BEGIN
    SELECT l.asset, l.epoch INTO held.asset, held.epoch FROM work.lease l WHERE l.grant_digest = of_grant;
    PERFORM FROM assets.state s
      WHERE s.asset = held.asset AND s.epoch = held.epoch AND NOT s.withdrawn AND cardinality(s.holds) = 0 FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the asset''s keys moved on' USING ERRCODE = 'SD055';
    END IF;
    PERFORM FROM work.lease l
      WHERE l.grant_digest = of_grant AND NOT l.ended AND l.ends_at > clock_timestamp() FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease has ended' USING ERRCODE = 'SD056';
    END IF;
END
$$;

CREATE FUNCTION custody.release(for_custodian text, of_grant text, with_envelope bytea, fact_body text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own    text := custody.require_self(for_custodian);
    digest text := facts.digest_of('share_released', fact_body);
BEGIN
    IF (fact_body::jsonb) ->> 'fact' IS DISTINCT FROM 'share_released' OR with_envelope IS NULL THEN
        RAISE EXCEPTION 'a release is an envelope and its fact' USING ERRCODE = 'SD007';
    END IF;
    IF EXISTS (SELECT FROM custody.answer a WHERE a.grant_digest = of_grant AND a.custodian = for_custodian
                  AND a.released AND a.fact = digest) THEN
        RETURN;
    END IF;
    PERFORM custody.require_live(of_grant);
    PERFORM facts.append_unchecked(own, ARRAY['share_released'], ARRAY[of_grant || '/' || for_custodian],
                                   ARRAY[fact_body]);
    INSERT INTO custody.answer (grant_digest, custodian, released, envelope, fact)
    VALUES (of_grant, for_custodian, true, with_envelope, digest) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this custodian answered this grant before' USING ERRCODE = 'SD005';
    END IF;
    PERFORM pg_notify('stagedoor_work', '');
END
$$;

CREATE FUNCTION custody.refuse(for_custodian text, of_grant text, with_code text, because text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM custody.require_self(for_custodian);
    INSERT INTO custody.answer (grant_digest, custodian, released, code, why)
    VALUES (of_grant, for_custodian, false, with_code, left(because, 2000)) ON CONFLICT DO NOTHING;
    IF NOT FOUND AND EXISTS (SELECT FROM custody.answer a WHERE a.grant_digest = of_grant
                                AND a.custodian = for_custodian AND a.released) THEN
        RAISE EXCEPTION 'this custodian answered this grant before' USING ERRCODE = 'SD005';
    END IF;
    PERFORM pg_notify('stagedoor_work', '');
END
$$;

CREATE FUNCTION custody.take_deposits(for_custodian text)
RETURNS TABLE (asset text, envelope bytea, performer text, performer_key text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM custody.require_self(for_custodian);
    RETURN QUERY
        SELECT d.asset, d.envelope, d.performer, d.performer_key FROM custody.deposit d
         WHERE d.custodian = for_custodian AND d.taken_at IS NULL AND d.envelope IS NOT NULL
         ORDER BY d.deposited_at, d.asset FOR UPDATE SKIP LOCKED;
END
$$;

CREATE FUNCTION custody.deposit_taken(for_custodian text, of_asset text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM custody.require_self(for_custodian);
    UPDATE custody.deposit d SET envelope = NULL, taken_at = clock_timestamp()
     WHERE d.custodian = for_custodian AND d.asset = of_asset AND d.taken_at IS NULL;
    PERFORM pg_notify('stagedoor_gate', '');
END
$$;

CREATE FUNCTION custody.pending_destructions(for_custodian text) RETURNS TABLE (asset text, because text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM custody.require_self(for_custodian);
    RETURN QUERY
        SELECT d.asset, d.because FROM custody.destruction d
         WHERE d.custodian = for_custodian AND d.done_at IS NULL ORDER BY d.asked_at, d.asset;
END
$$;

CREATE FUNCTION custody.destruction_done(for_custodian text, of_asset text, fact_body text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own text := custody.require_self(for_custodian);
BEGIN
    IF (fact_body::jsonb) ->> 'fact' IS DISTINCT FROM 'share_destroyed' THEN
        RAISE EXCEPTION 'a destruction is attested by its fact' USING ERRCODE = 'SD007';
    END IF;
    PERFORM facts.append_unchecked(own, ARRAY['share_destroyed'], ARRAY[of_asset || '/' || for_custodian],
                                   ARRAY[fact_body]);
    UPDATE custody.destruction d SET done_at = clock_timestamp()
     WHERE d.custodian = for_custodian AND d.asset = of_asset AND d.done_at IS NULL;
    -- A deposit that was never fetched must not outlive the share that it holds.
    UPDATE custody.deposit d SET envelope = NULL, taken_at = coalesce(d.taken_at, clock_timestamp())
     WHERE d.custodian = for_custodian AND d.asset = of_asset;
    PERFORM pg_notify('stagedoor_gate', '');
END
$$;

-- The worker's side of the answers: two functions of `work` that need the tables above.
CREATE FUNCTION work.key_answer(for_order text)
RETURNS TABLE (status text, code text, why text, grant_body text, envelopes jsonb, refusals jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT k.status, k.code, k.why, facts.body_of('key_grant', k.grant_digest),
           coalesce((SELECT jsonb_object_agg(a.custodian, encode(a.envelope, 'hex')) FROM custody.answer a
                      WHERE a.grant_digest = k.grant_digest AND a.envelope IS NOT NULL), '{}'::jsonb),
           coalesce((SELECT jsonb_object_agg(a.custodian, jsonb_build_object('code', a.code, 'why', a.why))
                       FROM custody.answer a
                      WHERE a.grant_digest = k.grant_digest AND NOT a.released), '{}'::jsonb)
      FROM work.key_request k WHERE k.order_id = work.order_of(for_order)
$$;

-- The key is given back; what was sealed to its one-time key is of no further use to anybody and is forgotten.
CREATE FUNCTION work.end_lease(of_grant text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE work.lease l SET ended = true WHERE l.grant_digest = of_grant AND NOT l.ended;
    UPDATE custody.answer a SET envelope = NULL WHERE a.grant_digest = of_grant AND a.envelope IS NOT NULL;
$$;

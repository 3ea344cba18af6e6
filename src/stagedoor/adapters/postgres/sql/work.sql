-- Permits, orders, leases, and the two letter-boxes between worker and gate.  All times are the database's clock.
-- Locks are taken in one order everywhere: asset, permit, lease, then the ledger.

CREATE SCHEMA work;

CREATE TABLE work.permit (
    permit      text PRIMARY KEY REFERENCES facts.fact,
    permit_id   text NOT NULL UNIQUE,
    consent     text NOT NULL,
    estimate    text NOT NULL,
    asset       text NOT NULL,
    epoch       bigint NOT NULL,
    production  text NOT NULL,
    performer   text NOT NULL,
    use         text NOT NULL,
    worker      text NOT NULL,
    units       bigint NOT NULL CHECK (units >= 0),
    units_made  bigint NOT NULL DEFAULT 0 CHECK (units_made >= 0),
    days        bigint NOT NULL,
    gross_units bigint NOT NULL,
    cost_units  bigint NOT NULL,
    currency    text NOT NULL,
    arc_from    int NOT NULL,
    arc_to      int NOT NULL,
    status      text NOT NULL DEFAULT 'live' CHECK (status IN ('live', 'posted', 'void')),
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at     timestamptz NOT NULL
);
CREATE INDEX permit_consent ON work.permit (consent, use);
CREATE INDEX permit_estimate ON work.permit (estimate);
CREATE INDEX permit_picture ON work.permit (production, performer);
CREATE INDEX permit_ends ON work.permit (ends_at) WHERE status = 'live';

CREATE TABLE work.consent_lock (
    consent text PRIMARY KEY
);

CREATE TABLE work.queue (
    order_id     text PRIMARY KEY,
    order_digest text NOT NULL UNIQUE,
    permit       text NOT NULL REFERENCES work.permit,
    asset        text NOT NULL,
    worker       text NOT NULL,
    body         text NOT NULL,
    status       text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'taken', 'done', 'failed')),
    receipt      text NOT NULL DEFAULT '',
    why          text NOT NULL DEFAULT '',
    queued_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at     timestamptz,
    ended_at     timestamptz
);
CREATE INDEX queue_waiting ON work.queue (worker, queued_at) WHERE status IN ('queued', 'taken');

CREATE TABLE work.lease (
    grant_digest  text PRIMARY KEY REFERENCES facts.fact,
    order_id      text NOT NULL,
    permit        text NOT NULL REFERENCES work.permit,
    asset         text NOT NULL REFERENCES assets.state,
    epoch         bigint NOT NULL,
    worker        text NOT NULL,
    lease_seconds int NOT NULL CHECK (lease_seconds > 0),
    opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at       timestamptz NOT NULL,
    ended         boolean NOT NULL DEFAULT false
);
CREATE INDEX lease_open ON work.lease (ends_at) WHERE NOT ended;
CREATE INDEX lease_order ON work.lease (order_id, opened_at);

-- The letter-boxes.  A letter is row-locked by the transaction that answers it, so two gates never answer one twice.
CREATE TABLE work.key_request (
    order_id         text PRIMARY KEY REFERENCES work.queue,
    worker           text NOT NULL,
    one_time_key     text NOT NULL CHECK (length(one_time_key) <= 8192),
    worker_signature text NOT NULL CHECK (length(worker_signature) <= 8192),
    status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'granted', 'refused')),
    code             text NOT NULL DEFAULT '',
    why              text NOT NULL DEFAULT '',
    grant_digest     text,
    asked_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX key_request_pending ON work.key_request (asked_at) WHERE status = 'pending';

CREATE TABLE work.delivery (
    order_id       text PRIMARY KEY REFERENCES work.queue,
    receipt_digest text NOT NULL UNIQUE,
    receipt_body   text NOT NULL CHECK (octet_length(receipt_body) <= 1048576),
    signature_body text NOT NULL CHECK (octet_length(signature_body) <= 1048576),
    shares         jsonb NOT NULL,
    status         text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'posted', 'refused')),
    code           text NOT NULL DEFAULT '',
    why            text NOT NULL DEFAULT '',
    delivered_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX delivery_pending ON work.delivery (delivered_at) WHERE status = 'pending';

-- Facts and states refer to permits and orders by digest or by id; both find the row.
CREATE FUNCTION work.permit_of(reference text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT p.permit FROM work.permit p WHERE p.permit = reference OR p.permit_id = reference
$$;

CREATE FUNCTION work.order_of(reference text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT q.order_id FROM work.queue q WHERE q.order_id = reference OR q.order_digest = reference
$$;

CREATE FUNCTION work.require_order(reference text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id text := work.order_of(reference);
BEGIN
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'there is no order %', left(reference, 80) USING ERRCODE = 'SD050';
    END IF;
    RETURN found_id;
END
$$;

-- The next order for a worker.  One taken a minute ago by a worker that died is offered again: it holds no live lease
-- and delivered nothing.
CREATE FUNCTION work.next_order(for_worker text)
RETURNS TABLE (order_body text, permit_body text, asset_body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chosen work.queue;
BEGIN
    SELECT q.order_id, q.permit, q.asset, q.body INTO chosen.order_id, chosen.permit, chosen.asset, chosen.body
      FROM work.queue q
     WHERE q.worker = for_worker
       AND (q.status = 'queued'
            OR (q.status = 'taken' AND q.taken_at < clock_timestamp() - interval '60 seconds'
                AND NOT EXISTS (SELECT FROM work.delivery d WHERE d.order_id = q.order_id)
                AND NOT EXISTS (SELECT FROM work.lease l WHERE l.order_id = q.order_id AND NOT l.ended
                                   AND l.ends_at > clock_timestamp())))
     ORDER BY q.queued_at, q.order_id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE work.queue q SET status = 'taken', taken_at = clock_timestamp() WHERE q.order_id = chosen.order_id;
    RETURN QUERY SELECT chosen.body, facts.body_of('permit', chosen.permit), facts.body_of('asset', chosen.asset);
END
$$;

CREATE FUNCTION work.ask_key(for_order text, by_worker text, with_key text, with_signature text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known text := work.require_order(for_order);
    asked work.key_request;
BEGIN
    INSERT INTO work.key_request (order_id, worker, one_time_key, worker_signature)
    VALUES (known, by_worker, with_key, with_signature) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT k.worker, k.one_time_key, k.worker_signature, k.status
          INTO asked.worker, asked.one_time_key, asked.worker_signature, asked.status
          FROM work.key_request k WHERE k.order_id = known FOR UPDATE;
        IF (asked.worker, asked.one_time_key, asked.worker_signature) = (by_worker, with_key, with_signature) THEN
            RETURN;
        END IF;
        -- A worker that died takes its order up again with a new key; while the old one may still open, it may not.
        -- Somebody else's refused request may be replaced: otherwise a stranger could block an order by asking first.
        IF (asked.worker <> by_worker AND asked.status <> 'refused') OR asked.status = 'pending' OR EXISTS (
                SELECT FROM work.lease l
                 WHERE l.order_id = known AND NOT l.ended AND l.ends_at > clock_timestamp()) THEN
            RAISE EXCEPTION 'another key was asked for under order % and is not settled', known USING ERRCODE = 'SD005';
        END IF;
        UPDATE work.key_request k
           SET worker = by_worker, one_time_key = with_key, worker_signature = with_signature, status = 'pending', code = '', why = '',
               grant_digest = NULL, asked_at = clock_timestamp()
         WHERE k.order_id = known;
    END IF;
    PERFORM pg_notify('stagedoor_gate', '');
END
$$;

-- Longer by one lease, if nothing has happened: the asset's row is shared-locked, so a withdrawal in flight is waited for.
CREATE FUNCTION work.renew(of_grant text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held work.lease;
BEGIN
    SELECT l.asset, l.permit, l.epoch INTO held.asset, held.permit, held.epoch
      FROM work.lease l WHERE l.grant_digest = of_grant;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM assets.state s
      WHERE s.asset = held.asset AND s.epoch = held.epoch AND NOT s.withdrawn AND cardinality(s.holds) = 0 FOR SHARE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM work.permit p
      WHERE p.permit = held.permit AND p.status <> 'void' AND p.ends_at > clock_timestamp() FOR SHARE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE work.lease l SET ends_at = clock_timestamp() + make_interval(secs => l.lease_seconds)
     WHERE l.grant_digest = of_grant AND NOT l.ended AND l.ends_at > clock_timestamp();
    RETURN FOUND;
END
$$;

CREATE FUNCTION work.deliver(for_order text, with_receipt text, with_signature text, with_shares jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known  text := work.require_order(for_order);
    digest text := facts.digest_of('receipt', with_receipt);
    before text;
BEGIN
    -- Refused at the box: a letter that the gate cannot even open would stop all those behind it.
    IF jsonb_typeof(with_shares) <> 'object' OR EXISTS (
            SELECT FROM jsonb_each(CASE jsonb_typeof(with_shares) WHEN 'object' THEN with_shares ELSE '{}' END)
                        AS s(who, what)
             WHERE jsonb_typeof(s.what) <> 'string' OR (s.what #>> '{}') !~ '^([0-9a-f]{2})+$' OR length(s.what #>> '{}') > 16384
                OR NOT EXISTS (SELECT FROM custody.custodian c WHERE c.name = s.who)) THEN
        RAISE EXCEPTION 'shares are a custodian''s name and an envelope in hex, each' USING ERRCODE = 'SD007';
    END IF;
    INSERT INTO work.delivery (order_id, receipt_digest, receipt_body, signature_body, shares)
    VALUES (known, digest, with_receipt, with_signature, coalesce(with_shares, '{}'::jsonb)) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        -- What was refused may be delivered again, the same or another: it is not paid, and nobody may block the box.
        UPDATE work.delivery d
           SET receipt_digest = digest, receipt_body = with_receipt, signature_body = with_signature,
               shares = coalesce(with_shares, '{}'::jsonb), status = 'pending', code = '', why = '',
               delivered_at = clock_timestamp()
         WHERE d.order_id = known AND d.status = 'refused';
        IF FOUND THEN
            PERFORM pg_notify('stagedoor_gate', '');
            RETURN;
        END IF;
        SELECT d.receipt_digest INTO before FROM work.delivery d WHERE d.order_id = known;
        IF before IS DISTINCT FROM digest THEN
            RAISE EXCEPTION 'order % was delivered with another receipt', known USING ERRCODE = 'SD005';
        END IF;
        RETURN;
    END IF;
    PERFORM pg_notify('stagedoor_gate', '');
END
$$;

CREATE FUNCTION work.delivery_answer(for_order text) RETURNS TABLE (status text, code text, why text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.status, d.code, d.why FROM work.delivery d WHERE d.order_id = work.order_of(for_order)
$$;

CREATE FUNCTION work.fail(for_order text, because text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known text := work.require_order(for_order);
BEGIN
    UPDATE work.queue q SET status = 'failed', why = left(because, 2000), ended_at = clock_timestamp()
     WHERE q.order_id = known AND q.status IN ('queued', 'taken');
    PERFORM pg_notify('stagedoor_gate', '');
END
$$;

-- What this database is.  Everything after this file may rely on: nobody but the owner may do what is not granted.

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA IF NOT EXISTS meta;

CREATE TABLE meta.house (
    key   text PRIMARY KEY,
    value text NOT NULL
);

COMMENT ON TABLE meta.house IS 'schema_version, postgres_major, made_by: read before anything else is believed';

-- The refusal that guards every table of facts and of the ledger, for everybody, the owner included.
-- It is attached ENABLE ALWAYS, so that session_replication_role does not silence it; an owner who disables the
-- trigger is found by the audit, which recomputes every digest.
CREATE FUNCTION meta.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: facts and entries are only ever added', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'SD001';
END
$$;

-- A role's password, given as a SCRAM verifier so that the plain one reaches no server log.  Owner only.
CREATE FUNCTION meta.set_password(role_name text, verifier text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role_name !~ '^stagedoor_[a-z0-9_]+$' THEN
        RAISE EXCEPTION '% is not a role of this house', role_name USING ERRCODE = 'SD051';
    END IF;
    EXECUTE format('ALTER ROLE %I PASSWORD %L', role_name, verifier);
END
$$;

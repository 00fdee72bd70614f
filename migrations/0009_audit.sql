-- The audit (security G7): append-only by grants and triggers, hash-chained in 16 shards, signed outside.
-- h(n) = SHA-256(h(n-1) || line). `line` is the text that counts; the other columns repeat it for searching, and
-- `cims audit verify` compares them.
SET LOCAL ROLE cims_owner;

CREATE TABLE audit_heads (
    shard smallint PRIMARY KEY,
    seq   bigint NOT NULL,
    hash  bytea NOT NULL,
    CONSTRAINT audit_heads_shard_range CHECK (shard BETWEEN 0 AND 15)
);
INSERT INTO audit_heads SELECT shard, 0, sha256(convert_to('cims/audit/v1/' || shard, 'UTF8')) FROM generate_series(0, 15) AS shard;

CREATE TABLE audit_lines (
    shard           smallint NOT NULL,
    seq             bigint NOT NULL,
    at              timestamptz NOT NULL,
    actor           text,
    organisation_id uuid,
    event           text NOT NULL,
    line            text NOT NULL,
    hash            bytea NOT NULL,
    CONSTRAINT audit_lines_pk PRIMARY KEY (shard, seq)
);
CREATE INDEX audit_lines_actor ON audit_lines (actor, at);
CREATE INDEX audit_lines_at ON audit_lines (at);

-- Which persons a line is about: by key in the register, or by MAC when no such person is in it.
CREATE TABLE audit_persons (
    shard      smallint NOT NULL,
    seq        bigint NOT NULL,
    person_id  uuid,
    person_mac bytea
);
CREATE INDEX audit_persons_line ON audit_persons (shard, seq);
CREATE INDEX audit_persons_person ON audit_persons (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX audit_persons_mac ON audit_persons (person_mac) WHERE person_mac IS NOT NULL;

-- The 16 heads, signed with a key outside the database (Ed25519).
CREATE TABLE audit_anchors (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    content   text NOT NULL,
    key_id    text NOT NULL,
    signature bytea NOT NULL
);

CREATE FUNCTION audit_head_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.shard <> OLD.shard OR NEW.seq <> OLD.seq + 1 THEN
        RAISE EXCEPTION 'an audit head only moves one line on' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

DO $triggers$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_lines', 'audit_persons', 'audit_anchors'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_append_only', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_never_empty', name);
    END LOOP;
    CREATE TRIGGER audit_heads_move BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_head_moves_on();
    CREATE TRIGGER audit_heads_stay BEFORE DELETE OR TRUNCATE ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
END
$triggers$;

-- Ties the index of persons to the line, so that it cannot be changed apart from it.
CREATE FUNCTION audit_persons_digest(persons uuid[], macs bytea[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(
        COALESCE((SELECT string_agg(p::text, ',' ORDER BY p) FROM unnest(persons) AS p), '') || ';' ||
        COALESCE((SELECT string_agg(encode(m, 'hex'), ',' ORDER BY m) FROM unnest(macs) AS m), ''), 'UTF8')), 'hex')
$$;

-- Writes one line as the last statement of a transaction: it holds the head of its shard until commit.
-- `event` is the JSON text of the event; time, shard and number are added here, so nobody can choose them.
CREATE FUNCTION audit_add(event text, shard_key text, persons uuid[], macs bytea[], OUT shard smallint, OUT seq bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parsed jsonb := event::jsonb;
    head   audit_heads%ROWTYPE;
    stamp  timestamptz;
    about  text := '';
    text_  text;
    hash_  bytea;
BEGIN
    IF jsonb_typeof(parsed) <> 'object' OR parsed ->> 'event' IS NULL THEN
        RAISE EXCEPTION 'an audit event is an object with an event code';
    END IF;
    audit_add.shard := get_byte(sha256(convert_to(COALESCE(shard_key, ''), 'UTF8')), 0) % 16;
    SELECT h.* INTO STRICT head FROM audit_heads h WHERE h.shard = audit_add.shard FOR UPDATE;
    audit_add.seq := head.seq + 1;
    stamp := clock_timestamp();
    IF cardinality(persons) > 0 OR cardinality(macs) > 0 THEN
        about := format('"persons":"%s",', audit_persons_digest(persons, macs));
    END IF;
    text_ := format('{"shard":%s,"seq":%s,"at":"%s",%s%s', audit_add.shard, audit_add.seq,
                    to_char(stamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), about, substr(ltrim(event), 2));
    hash_ := sha256(head.hash || convert_to(text_, 'UTF8'));
    INSERT INTO audit_lines (shard, seq, at, actor, organisation_id, event, line, hash)
        VALUES (audit_add.shard, audit_add.seq, stamp, parsed ->> 'actor', (parsed ->> 'organisation')::uuid, parsed ->> 'event', text_, hash_);
    INSERT INTO audit_persons (shard, seq, person_id) SELECT audit_add.shard, audit_add.seq, p FROM unnest(persons) AS p;
    INSERT INTO audit_persons (shard, seq, person_mac) SELECT audit_add.shard, audit_add.seq, m FROM unnest(macs) AS m;
    UPDATE audit_heads h SET seq = audit_add.seq, hash = hash_ WHERE h.shard = audit_add.shard;
END $$;

-- The 16 heads in one text, for signing.
CREATE FUNCTION audit_heads_text() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT string_agg(format('%s %s %s', shard, seq, encode(hash, 'hex')), E'\n' ORDER BY shard) FROM audit_heads $$;

CREATE FUNCTION audit_anchor_add(content text, key_id text, signature bytea) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ INSERT INTO audit_anchors (content, key_id, signature) VALUES (content, key_id, signature) RETURNING id $$;

-- Which persons did account X see between t1 and t2 (security §7), for the auditor alone.
CREATE FUNCTION audit_of_actor(wanted text, from_time timestamptz, to_time timestamptz)
    RETURNS TABLE (at timestamptz, event text, line text, persons uuid[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT l.at, l.event, l.line,
                 ARRAY(SELECT p.person_id FROM audit_persons p WHERE p.shard = l.shard AND p.seq = l.seq AND p.person_id IS NOT NULL)
          FROM audit_lines l
          WHERE cims_role() = 'auditor' AND l.actor = wanted AND l.at >= from_time AND l.at < to_time
          ORDER BY l.at $$;

GRANT EXECUTE ON FUNCTION audit_add(text, text, uuid[], bytea[]) TO cims_portal, cims_worker;
GRANT EXECUTE ON FUNCTION audit_heads_text(), audit_anchor_add(text, text, bytea) TO cims_worker;
GRANT EXECUTE ON FUNCTION audit_of_actor(text, timestamptz, timestamptz) TO cims_portal;
GRANT SELECT ON audit_lines, audit_persons, audit_anchors, audit_heads TO cims_log;

RESET ROLE;

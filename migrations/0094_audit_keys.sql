-- Which key made the MAC of a person in the log (security G17): after a new `mac` key an old line is still searched under
-- its own. And each anchor names the one before it, so that none can be taken from among them unnoticed.
SET LOCAL ROLE cims_owner;

-- Lines of before say nothing of their key, nor do those of a node of the release before, which calls `audit_add` without it
-- until it is replaced.
ALTER TABLE audit_persons ADD COLUMN mac_key text;
ALTER TABLE audit_persons ADD CONSTRAINT audit_persons_key_with_mac CHECK (person_mac IS NOT NULL OR mac_key IS NULL);


-- Ties the index of persons to the line, so that it cannot be changed apart from it.
CREATE FUNCTION audit_persons_digest(persons uuid[], macs bytea[], mac_key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(
        COALESCE((SELECT string_agg(p::text, ',' ORDER BY p) FROM unnest(persons) AS p), '') || ';' ||
        COALESCE((SELECT string_agg(mac_key || ':' || encode(m, 'hex'), ',' ORDER BY m) FROM unnest(macs) AS m), ''), 'UTF8')), 'hex')
$$;

-- Writes one line as the last statement of a transaction: it holds the head of its shard until commit.
-- `event` is the JSON text of the event; time, shard and number are added here, so nobody can choose them.
CREATE FUNCTION audit_add(event text, shard_key text, persons uuid[], macs bytea[], mac_key text, OUT shard smallint, OUT seq bigint)
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
        about := format('"persons":"%s",', audit_persons_digest(persons, macs, audit_add.mac_key));
    END IF;
    text_ := format('{"shard":%s,"seq":%s,"at":"%s",%s%s', audit_add.shard, audit_add.seq,
                    to_char(stamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), about, substr(ltrim(event), 2));
    hash_ := sha256(head.hash || convert_to(text_, 'UTF8'));
    INSERT INTO audit_lines (shard, seq, at, actor, organisation_id, event, line, hash)
        VALUES (audit_add.shard, audit_add.seq, stamp, parsed ->> 'actor', (parsed ->> 'organisation')::uuid, parsed ->> 'event', text_, hash_);
    INSERT INTO audit_persons (shard, seq, person_id) SELECT audit_add.shard, audit_add.seq, p FROM unnest(persons) AS p;
    INSERT INTO audit_persons (shard, seq, person_mac, mac_key) SELECT audit_add.shard, audit_add.seq, m, audit_add.mac_key FROM unnest(macs) AS m;
    UPDATE audit_heads h SET seq = audit_add.seq, hash = hash_ WHERE h.shard = audit_add.shard;
END $$;

-- The 16 heads in one text, for signing, and which anchor came before.
CREATE OR REPLACE FUNCTION audit_heads_text() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT (SELECT string_agg(format('%s %s %s', shard, seq, encode(hash, 'hex')), E'\n' ORDER BY shard) FROM audit_heads)
              || COALESCE((SELECT format(E'\nafter %s %s', id, encode(sha256(signature), 'hex')) FROM audit_anchors ORDER BY id DESC LIMIT 1), '') $$;

GRANT EXECUTE ON FUNCTION audit_add(text, text, uuid[], bytea[], text) TO cims_portal, cims_worker;

RESET ROLE;

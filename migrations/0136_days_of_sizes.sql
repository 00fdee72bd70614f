-- The day on which each file of an installation came, beside its rows: what is usual is judged by seven days (security §5.6).
SET LOCAL ROLE cims_owner;

DROP FUNCTION installation_figures(timestamptz);
CREATE FUNCTION installation_figures(since timestamptz)
    RETURNS TABLE (account text, installation text, party text, intermediary text, daily boolean, expected_since timestamptz, last_at timestamptz,
                   files bigint, refused bigint, rows_read bigint, rows_refused bigint, rows_stored bigint, promised bigint, promised_read bigint,
                   aborted bigint, parked bigint, held bigint, gap_from integer[], gap_to integer[], sizes integer[], days date[], day_rows bigint[],
                   rows_review bigint, rows_double bigint, rows_counted bigint, rows_withdrawn bigint, promised_taken bigint, size_days date[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT a.name, a.installation, p.name, i.name, a.rhythm = 'workday',
                 CASE WHEN c.opened_at IS NOT NULL AND p.status = 'active' AND COALESCE(i.status = 'active', true)
                      THEN GREATEST(a.created_at, c.opened_at,
                                    (SELECT max(s.at) FROM party_steps s WHERE s.party_id IN (a.party_id, a.intermediary_id) AND s.step = 'reopen')) END,
                 (SELECT max(l.received_at) FROM deliveries l WHERE l.account_id = a.id AND NOT l.test_lane),
                 d.files, d.refused, d.rows_read, d.rows_refused, d.rows_stored, d.promised, d.promised_read,
                 (SELECT count(*) FROM sftp_uploads u WHERE u.account_id = a.id AND u.state = 'void' AND u.gone_at >= $1
                                                        AND u.why NOT IN ('control-file', 'removed', 'replaced')),
                 w.parked, w.held, g.gap_from, g.gap_to, d.sizes, v.days, v.day_rows,
                 d.rows_review, d.rows_double, d.rows_counted, d.rows_withdrawn, d.promised_taken, d.size_days
          FROM sftp_accounts a JOIN parties p ON p.id = a.party_id LEFT JOIN parties i ON i.id = a.intermediary_id
               LEFT JOIN LATERAL (
                   -- More columns, or a no to them, leave it open.
                   SELECT COALESCE((SELECT max(s.at) FROM connection_steps s WHERE s.connection_id = o.id AND s.step = 'reopen'),
                                   (SELECT min(s.at) FROM connection_steps s WHERE s.connection_id = o.id AND s.step = 'approve'), o.decided_at) AS opened_at
                   FROM connections o WHERE o.party_id = a.party_id AND o.intermediary_id IS NOT DISTINCT FROM a.intermediary_id
                                        AND o.channel = 'sftp' AND o.state = 'approved') c ON true
               CROSS JOIN LATERAL (
                   SELECT count(*) AS files, count(*) FILTER (WHERE x.outcome = 'GEWEIGERD') AS refused,
                          COALESCE(sum(x.rows_read), 0)::bigint AS rows_read, COALESCE(sum(x.afgekeurd), 0)::bigint AS rows_refused,
                          -- What was withdrawn is in the register no more.
                          COALESCE(sum(x.geaccepteerd + x.te_controleren) FILTER (WHERE x.state <> 'withdrawn'), 0)::bigint AS rows_stored,
                          COALESCE(sum(x.te_controleren) FILTER (WHERE x.state <> 'withdrawn'), 0)::bigint AS rows_review,
                          COALESCE(sum(x.dubbel), 0)::bigint AS rows_double, COALESCE(sum(x.geteld), 0)::bigint AS rows_counted,
                          COALESCE(sum(x.geaccepteerd + x.te_controleren) FILTER (WHERE x.state = 'withdrawn'), 0)::bigint AS rows_withdrawn,
                          -- What came before, waits, or was refused and came again was announced once.
                          COALESCE(sum(x.promised_rows) FILTER (WHERE m.counts), 0)::bigint AS promised,
                          COALESCE(sum(x.rows_read) FILTER (WHERE m.counts AND x.promised_rows IS NOT NULL), 0)::bigint AS promised_read,
                          -- Of a file that was refused as a whole nothing was taken, however many rows were read.
                          COALESCE(sum(x.rows_read) FILTER (WHERE m.counts AND x.promised_rows IS NOT NULL AND x.outcome <> 'GEWEIGERD'), 0)::bigint AS promised_taken,
                          COALESCE(array_agg(x.rows_read ORDER BY x.received_at) FILTER (WHERE x.outcome IN ('VERWERKT', 'DEELS_VERWERKT', 'LEEG')), '{}') AS sizes,
                          COALESCE(array_agg((x.received_at AT TIME ZONE 'Europe/Amsterdam')::date ORDER BY x.received_at)
                                   FILTER (WHERE x.outcome IN ('VERWERKT', 'DEELS_VERWERKT', 'LEEG')), '{}') AS size_days
                   FROM deliveries x
                        CROSS JOIN LATERAL (
                            SELECT x.outcome IN ('VERWERKT', 'DEELS_VERWERKT', 'LEEG')
                                   -- Until it comes again under its number; a name without a number, until anything is taken.
                                   OR x.outcome = 'GEWEIGERD' AND COALESCE(x.file_sequence >= a.numbers_from, true) AND NOT EXISTS (
                                       SELECT FROM deliveries l WHERE l.account_id = x.account_id AND NOT l.test_lane AND l.seq > x.seq
                                                                  AND (l.outcome IN ('VERWERKT', 'DEELS_VERWERKT', 'LEEG')
                                                                       AND COALESCE(l.file_sequence = x.file_sequence, true)
                                                                       -- Known already, or refused once more with a promise of its own.
                                                                       OR l.file_sequence = x.file_sequence
                                                                       AND (l.outcome = 'DUBBEL' OR l.outcome = 'GEWEIGERD' AND l.promised_rows IS NOT NULL)))
                                   AS counts) m
                   WHERE x.account_id = a.id AND x.received_at >= $1 AND NOT x.test_lane) d
               CROSS JOIN LATERAL (
                   -- What is on its way behind a file that is set aside: it goes on when somebody decided about that one.
                   SELECT count(*) FILTER (WHERE x.state = 'parked') AS parked,
                          count(*) FILTER (WHERE x.state <> 'parked'
                                             AND EXISTS (SELECT FROM jobs j WHERE j.subject = x.id AND j.state IN ('queued', 'leased')
                                                                             AND j.last_error = 'behind a parked delivery')) AS held
                   FROM deliveries x WHERE x.account_id = a.id AND x.state IN ('parked', 'received', 'complete', 'checking', 'storing')
                                       AND NOT x.test_lane) w
               CROSS JOIN LATERAL (
                   -- Between the first number and the last one, whenever they came.
                   SELECT COALESCE(array_agg(n.before + 1 ORDER BY n.before), '{}') AS gap_from,
                          COALESCE(array_agg(n.number - 1 ORDER BY n.before), '{}') AS gap_to
                   FROM (SELECT x.file_sequence AS number,
                                COALESCE(lag(x.file_sequence) OVER (ORDER BY x.file_sequence), NULLIF(a.numbers_from, 0) - 1) AS before
                         FROM deliveries x WHERE x.account_id = a.id AND NOT x.test_lane AND x.file_sequence >= a.numbers_from
                                             AND x.outcome IS DISTINCT FROM 'GEWEIGERD') n
                   WHERE n.number - 1 > n.before) g
               CROSS JOIN LATERAL (
                   SELECT COALESCE(array_agg(g.day ORDER BY g.day), '{}') AS days, COALESCE(array_agg(g.rows ORDER BY g.day), '{}') AS day_rows
                   FROM (SELECT (x.received_at AT TIME ZONE 'Europe/Amsterdam')::date AS day, COALESCE(sum(x.rows_read), 0)::bigint AS rows
                         FROM deliveries x WHERE x.account_id = a.id AND x.received_at >= $1 AND NOT x.test_lane GROUP BY 1) g) v
          WHERE a.ended_at IS NULL AND a.purpose = 'rows' ORDER BY p.name, a.installation $$;
REVOKE ALL ON FUNCTION installation_figures(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION installation_figures(timestamptz) TO cims_portal, cims_worker;

RESET ROLE;

//! The catalog itself, so that a new table cannot forget (security B4).

use crate::support::TestDb;
use domain::role::Role;
use server::store::party_tx;
use sqlx::Row;

async fn names(test: &TestDb, query: &'static str) -> Vec<String> {
    sqlx::query(query)
        .fetch_all(&test.admin)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn every_table_with_a_party_has_forced_row_security_and_policies() {
    let test = TestDb::new().await;
    let tables = names(&test,
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'party_id' AND NOT a.attisdropped").await;
    assert!(tables.len() >= 12, "{tables:?}");
    let open = names(&test,
        "SELECT c.relname::text FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND (c.relname IN ('parties', 'users') OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'party_id' AND NOT a.attisdropped))
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))").await;
    assert_eq!(
        open,
        Vec::<String>::new(),
        "tables with a party and without forced row security"
    );
    // A policy for PUBLIC would hold for every role, the log's too.
    let public = names(
        &test,
        "SELECT polrelid::regclass::text || '.' || polname FROM pg_policy WHERE polroles = '{0}'",
    )
    .await;
    assert_eq!(public, Vec::<String>::new());
    assert_eq!(loose(&test).await, Vec::<String>::new());
}

/// Policies of the portal role with a way in that nothing ties to the party, the actor or the staff role: what is read
/// (`USING`) and what is written (`WITH CHECK`; without one the first holds for both). A constant in it is no tie.
async fn loose(test: &TestDb) -> Vec<String> {
    names(test,
        r"SELECT polrelid::regclass::text || '.' || polname FROM (
              SELECT p.polrelid, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid) AS reads,
                     COALESCE(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) AS writes
              FROM pg_policy p WHERE 'cims_portal'::regrole = ANY (p.polroles)) AS p,
          LATERAL (VALUES (p.reads, p.polcmd <> 'a', '(party|actor|reviews|governs|keys_cards)'),
                          (p.writes, p.polcmd IN ('a', 'w', '*'), '(party|actor)')) AS way(tied, holds, by)
          WHERE way.holds AND (way.tied IS NULL OR way.tied !~ ('cims_' || way.by || '\(\)')
                               OR way.tied ~ '\mtrue\M' OR way.tied ~ '\m(\d+) = \1\M')
          ORDER BY 1").await
}

#[tokio::test]
async fn a_party_sees_the_names_of_its_own_people_and_of_rivm_alone() {
    let test = TestDb::new().await;
    let (own, other) = (test.party("AAA").await, test.party("BBB").await);
    let maria = test.caller("maria", Role::Invoerder, Some(&own)).await;
    let anna = test
        .caller("anna", Role::Instellingsbeheerder, Some(&own))
        .await;
    let piet = test.caller("piet", Role::Invoerder, Some(&other)).await;
    let rian = test.caller("rian", Role::RivmBeoordelaar, None).await;
    let lars = test.caller("lars", Role::Leverancier, Some(&other)).await;
    let seen = async |caller| {
        let mut tx = party_tx(&test.db, caller).await.unwrap();
        sqlx::query_scalar::<_, String>(
            "SELECT subject FROM users WHERE subject NOT LIKE 'coordinator-%' ORDER BY subject",
        )
        .fetch_all(&mut *tx)
        .await
        .unwrap()
    };
    for caller in [&maria, &anna] {
        assert_eq!(seen(caller).await, ["anna", "maria", "rian"]);
    }
    for caller in [&piet, &lars] {
        assert_eq!(seen(caller).await, ["lars", "piet", "rian"]);
    }
    assert_eq!(seen(&rian).await, ["anna", "lars", "maria", "piet", "rian"]);
    // Who left is still named in what was recorded.
    sqlx::query("UPDATE user_roles SET ended_at = now() WHERE user_id = $1")
        .bind(anna.user_id)
        .execute(&test.admin)
        .await
        .unwrap();
    assert_eq!(seen(&maria).await, ["anna", "maria", "rian"]);
}

#[tokio::test]
async fn a_policy_that_ties_nothing_is_found() {
    for policy in [
        "FOR INSERT TO cims_portal WITH CHECK (true)",
        "FOR SELECT TO cims_portal USING (true)",
        "FOR SELECT TO cims_portal USING (party_id = cims_party() OR true)",
        "FOR SELECT TO cims_portal USING (party_id = cims_party() OR 1 = 1)",
        "TO cims_portal USING (party_id = cims_party()) WITH CHECK (true)",
        "FOR UPDATE TO cims_portal USING (cims_reviews())",
        "FOR INSERT TO cims_portal WITH CHECK (cims_governs())",
    ] {
        let test = TestDb::new().await;
        let sql = format!("CREATE POLICY planted ON drafts {policy}");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&test.admin)
            .await
            .unwrap();
        assert_eq!(loose(&test).await, ["drafts.planted"], "{policy}");
    }
}

/// Each table with a party once more, with the policies of the portal role and without its other constraints.
const COPIES: &str = r"DO $do$
    DECLARE t text; one record;
    BEGIN
        FOR t IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'party_id' LOOP
            EXECUTE format('CREATE TABLE copy_%s (LIKE %I)', t, t);
            FOR one IN SELECT attname FROM pg_attribute WHERE attrelid = format('copy_%s', t)::regclass AND attnum > 0 AND attnotnull LOOP
                EXECUTE format('ALTER TABLE copy_%s ALTER %I DROP NOT NULL', t, one.attname);
            END LOOP;
            FOR one IN SELECT polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid) AS reads, pg_get_expr(polwithcheck, polrelid) AS writes
                       FROM pg_policy WHERE polrelid = t::regclass AND 'cims_portal'::regrole = ANY (polroles) LOOP
                EXECUTE format('CREATE POLICY %I ON copy_%s AS %s FOR %s TO cims_portal', one.polname, t,
                    CASE WHEN one.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                    CASE one.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END)
                    || COALESCE(' USING (' || replace(one.reads, t || '.', 'copy_' || t || '.') || ')', '')
                    || COALESCE(' WITH CHECK (' || replace(one.writes, t || '.', 'copy_' || t || '.') || ')', '');
            END LOOP;
            EXECUTE format('ALTER TABLE copy_%s ENABLE ROW LEVEL SECURITY', t);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON copy_%s TO cims_portal', t);
        END LOOP;
    END $do$";

/// What somebody could do with the rows of two parties, were the grants and the other constraints not there.
#[tokio::test]
async fn of_every_table_a_party_reads_and_writes_its_own_rows_alone() {
    let test = TestDb::new().await;
    let (own, other) = (test.party("AAA").await, test.party("BBB").await);
    sqlx::query(COPIES).execute(&test.admin).await.unwrap();
    let tables = names(
        &test,
        "SELECT c.relname::text FROM pg_class c WHERE c.relname LIKE 'copy\\_%' AND c.relkind = 'r' ORDER BY 1",
    )
    .await;
    assert!(tables.len() >= 22, "{tables:?}");
    let mut read = 0;
    for role in [
        Role::Invoerder,
        Role::Instellingsbeheerder,
        Role::Leverancier,
    ] {
        let maria = test.caller(role.as_str(), role, Some(&own)).await;
        for table in &tables {
            // Both rows are of her in every other way; but a role that is hers elsewhere is hers to choose from.
            let keys: Vec<String> = sqlx::query_scalar(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND atttypid = 'uuid'::regtype AND attname <> 'party_id'
                 AND NOT ($1::text = 'copy_user_roles' AND attname = 'user_id')",
            )
            .bind(table)
            .fetch_all(&test.admin)
            .await
            .unwrap();
            let insert = |party: uuid::Uuid| {
                let columns: String = keys.iter().map(|key| format!(", {key}")).collect();
                let values = format!(", '{}'", maria.user_id).repeat(keys.len());
                format!("INSERT INTO {table} (party_id{columns}) VALUES ('{party}'{values})")
            };
            let run = async |sql: &str| -> Result<u64, String> {
                let mut tx = party_tx(&test.db, &maria).await.unwrap();
                let done = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
                    .execute(&mut *tx)
                    .await;
                tx.rollback().await.unwrap();
                done.map(|done| done.rows_affected()).map_err(|error| {
                    let error = error.as_database_error().expect("of the database");
                    error.code().expect("code").into_owned()
                })
            };
            let admin = format!("DELETE FROM {table}");
            for sql in [admin, insert(own.id), insert(other.id)] {
                sqlx::query(sqlx::AssertSqlSafe(sql))
                    .execute(&test.admin)
                    .await
                    .unwrap();
            }
            let mut tx = party_tx(&test.db, &maria).await.unwrap();
            let sql = format!("SELECT party_id FROM {table}");
            let seen: Vec<uuid::Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut *tx)
                .await
                .unwrap();
            tx.rollback().await.unwrap();
            assert!(
                !seen.contains(&other.id),
                "{table} shows another party to {role:?}"
            );
            read += usize::from(seen.contains(&own.id));
            let refused = Err("42501".to_owned());
            assert_eq!(run(&insert(other.id)).await, refused, "{table} as {role:?}");
            let (mine, theirs) = (own.id, other.id);
            for sql in [
                format!("UPDATE {table} SET party_id = '{mine}' WHERE party_id = '{theirs}'"),
                format!("DELETE FROM {table} WHERE party_id = '{theirs}'"),
            ] {
                assert_eq!(run(&sql).await, Ok(0), "{sql} as {role:?}");
            }
            let sql = format!("UPDATE {table} SET party_id = '{theirs}' WHERE party_id = '{mine}'");
            let moved = run(&sql).await;
            assert!(
                moved == Ok(0) || moved == refused,
                "{sql} as {role:?}: {moved:?}"
            );
        }
    }
    assert!(read >= 40, "{read} looks at own rows");
}

#[tokio::test]
async fn the_roles_that_serve_people_have_no_way_around() {
    let test = TestDb::new().await;
    let strong = names(&test, "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'cims%' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)").await;
    assert_eq!(strong, Vec::<String>::new());
    let members = names(&test,
        "SELECT m.rolname::text FROM pg_auth_members am JOIN pg_roles m ON m.oid = am.member WHERE m.rolname IN ('cims_portal', 'cims_worker', 'cims_log')").await;
    assert_eq!(
        members,
        Vec::<String>::new(),
        "no membership of a stronger role"
    );
    let owned = names(&test,
        "SELECT c.relname::text FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
         WHERE c.relnamespace = 'public'::regnamespace AND r.rolname <> 'cims_owner' AND c.relname !~ '^_sqlx_migrations'").await;
    assert_eq!(
        owned,
        Vec::<String>::new(),
        "everything belongs to cims_owner"
    );
    let definers = names(&test,
        "SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
           AND NOT COALESCE(p.proconfig::text, '') LIKE '%search_path=public, pg_temp%'").await;
    assert_eq!(
        definers,
        Vec::<String>::new(),
        "a definer function fixes its search path"
    );
}

#[tokio::test]
async fn the_narrow_grants_are_what_is_written_here() {
    let test = TestDb::new().await;
    let truncate = names(&test,
        "SELECT grantee || ' ' || table_name FROM information_schema.role_table_grants
         WHERE privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER') AND grantee IN ('cims_portal', 'cims_worker', 'cims_log', 'PUBLIC') AND table_schema = 'public'").await;
    assert_eq!(
        truncate,
        ["cims_worker brp_staging"],
        "staging holds no party"
    );
    let portal = names(&test,
        "SELECT table_name || ' ' || privilege_type FROM information_schema.role_table_grants
         WHERE grantee = 'cims_portal' AND table_schema = 'public' AND privilege_type <> 'SELECT' ORDER BY 1").await;
    let mut allowed = vec!["jobs INSERT".to_owned()];
    allowed.extend(["DELETE", "INSERT"].map(|privilege| format!("kept_forms {privilege}")));
    for table in [
        "drafts",
        "login_attempts",
        "remembered_defaults",
        "sessions",
        "worklists",
    ] {
        allowed
            .extend(["DELETE", "INSERT", "UPDATE"].map(|privilege| format!("{table} {privilege}")));
    }
    allowed.sort();
    assert_eq!(portal, allowed, "what the portal role may write");
    let unseen = names(&test,
        "SELECT t FROM unnest(ARRAY['persons', 'vaccinations', 'brp_lists', 'brp_staging', 'assignments', 'audit_lines', 'audit_persons', 'anonymous_counts']) AS t
         WHERE has_any_column_privilege('cims_portal', t, 'SELECT')").await;
    assert_eq!(
        unseen,
        Vec::<String>::new(),
        "the portal role reads none of these"
    );
    let audit = names(&test,
        "SELECT grantee || ' ' || table_name || ' ' || privilege_type FROM information_schema.role_table_grants
         WHERE table_name LIKE 'audit%' AND grantee <> 'cims_owner' AND table_schema = 'public' ORDER BY 1").await;
    assert_eq!(
        audit,
        [
            "cims_log audit_anchors SELECT",
            "cims_log audit_heads SELECT",
            "cims_log audit_lines SELECT",
            "cims_log audit_persons SELECT"
        ]
    );
    let functions = names(&test,
        "SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
           AND p.proname !~ '^(refuse_change|audit_head_moves_on)$'").await;
    assert_eq!(functions, Vec::<String>::new(), "no function for everybody");
}

/// A unique key without the party tells party A what party B has (security L22). Each exception has its reason.
#[tokio::test]
async fn unique_keys_begin_with_the_party_or_are_on_this_list() {
    const ALLOWED: &[(&str, &str)] = &[
        ("delivery_rows_pk", "delivery ids are made by us"),
        ("delivery_rows_id", "made by us"),
        ("deliveries_of_party_once", "made by us"),
        ("reports_pk", "made by us"),
        ("reports_row_once", "delivery ids are made by us"),
        ("user_roles_once", "written by the worker role alone"),
        ("answer_files_once", "delivery ids are made by us"),
        ("answer_files_name", "accounts are made by us"),
        ("answer_files_pkey", "made by us"),
        ("answer_files_upload_once", "upload ids are made by us"),
        (
            "sftp_accounts_name_unique",
            "given out by RIVM, shown to nobody else",
        ),
        ("sftp_accounts_pkey", "made by us"),
        ("sftp_uploads_name", "accounts are made by us"),
        ("sftp_uploads_pkey", "made by us"),
        ("brp_checks_pkey", "a counter"),
        ("brp_file_checks_pkey", "a counter"),
        ("connections_pkey", "made by us"),
        ("connection_steps_pkey", "made by us"),
        ("party_steps_pkey", "made by us"),
        ("party_requests_pkey", "made by us"),
        ("decisions_pkey", "made by us"),
        ("corrections_pkey", "made by us"),
        ("trials_pkey", "of the delivery"),
        ("paper_cards_pkey", "made by us"),
        ("invitations_pkey", "made by us"),
        ("invitations_code", "80 random bits"),
        ("deliveries_pkey", "made by us"),
        ("drafts_pkey", "made by us"),
        ("kept_forms_pkey", "made by us"),
        ("locations_pkey", "made by us"),
        ("withdrawals_pkey", "made by us"),
    ];
    let test = TestDb::new().await;
    let found = names(&test,
        "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
           AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'party_id')
           AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]) <> 'party_id' ORDER BY 1").await;
    let mut allowed: Vec<_> = ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect();
    allowed.sort();
    assert_eq!(found, allowed);
}

#[tokio::test]
async fn every_constraint_has_a_name_of_its_own() {
    let test = TestDb::new().await;
    let unnamed = names(&test,
        "SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u')
           AND (conname ~ '_(check|key)[0-9]*$') AND conrelid::regclass::text !~ '^_sqlx'").await;
    assert_eq!(
        unnamed,
        Vec::<String>::new(),
        "named constraints become answers to people"
    );
}

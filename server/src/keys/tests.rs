//! Tests of the keys.

use super::*;

fn keys() -> (tempfile::TempDir, Keys) {
    let dir = tempfile::tempdir().expect("dir");
    assert_eq!(
        Keys::generate_missing(dir.path()).expect("made"),
        PURPOSES.len()
    );
    let keys = Keys::load(dir.path()).expect("loads");
    (dir, keys)
}

fn bsn() -> Bsn {
    Bsn::parse("999990019").expect("a test BSN")
}

#[test]
fn a_sealed_value_opens_for_its_own_purpose_and_owner_only() {
    let (_dir, keys) = keys();
    let (person, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let sealed = keys.seal_bsn(&bsn(), person);
    assert_eq!(keys.open_bsn(&sealed, person), Ok(bsn()));
    assert_eq!(keys.open_bsn(&sealed, other), Err(NotOpened));
    assert!(
        keys.open(&sealed, &Purpose::Row.of(person.as_bytes()))
            .is_err()
    );
    assert_ne!(
        keys.seal_bsn(&bsn(), person),
        sealed,
        "a nonce is never used twice"
    );
}

#[test]
fn every_changed_byte_is_noticed() {
    let (_dir, keys) = keys();
    let aad = Purpose::Row.of(b"row");
    let sealed = keys.seal(b"a row as received", &aad).into_bytes();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(
            keys.open(&Sealed::from_bytes(changed), &aad).is_err(),
            "byte {at}"
        );
    }
    for length in 0..sealed.len() {
        assert!(
            keys.open(&Sealed::from_bytes(sealed[..length].to_vec()), &aad)
                .is_err(),
            "length {length}"
        );
    }
    assert!(keys.open(&Sealed::from_bytes(sealed), &aad).is_ok());
}

#[test]
fn a_mac_depends_on_key_purpose_and_boundaries() {
    let (_a, one) = keys();
    let (_b, two) = keys();
    assert_eq!(one.bsn_mac(&bsn()), one.bsn_mac(&bsn()));
    assert_ne!(one.bsn_mac(&bsn()).bytes, two.bsn_mac(&bsn()).bytes);
    assert_ne!(
        one.bsn_mac(&bsn()).bytes,
        one.identity_mac(bsn().expose().as_bytes()).bytes
    );
    let hash = [7; 32];
    assert_ne!(one.digest(hash).bytes.as_slice(), hash.as_slice());
}

#[test]
fn the_mac_is_hmac_sha_256_over_label_and_value() {
    let (dir, keys) = keys();
    let secret = std::fs::read(dir.path().join("mac-1.key")).expect("key");
    // RFC 2104 written out, as an oracle that shares no code with the hmac crate.
    use sha2::{Digest, Sha256};
    let pad = |with: u8| {
        let mut block = [with; 64];
        block
            .iter_mut()
            .zip(&secret)
            .for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(b"cims/match/v1\0999990019")
        .finalize();
    let outer: [u8; 32] = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .into();
    assert_eq!(keys.bsn_mac(&bsn()).bytes, outer);
}

#[test]
fn after_rotation_the_old_key_still_reads_and_the_new_one_writes() {
    let (dir, old) = keys();
    let aad = Purpose::Draft.of(b"draft");
    let before = old.seal(b"draft", &aad);
    for purpose in PURPOSES {
        if !ALONE.contains(&purpose) {
            add(dir.path(), &format!("{purpose}-10.key"));
        }
    }
    let new = Keys::load(dir.path()).expect("loads");
    assert_eq!(new.open(&before, &aad).expect("opens").as_slice(), b"draft");
    assert_eq!(new.seal(b"draft", &aad).key(), Some(KeyId(10)));
    assert!(old.open(&new.seal(b"draft", &aad), &aad).is_err());
    // A person is found by the newest alone: `cims keys remac` sees to that.
    assert_eq!(new.bsn_mac(&bsn()).key, KeyId(10));
    assert_eq!(new.newest_mac(), KeyId(10));
    assert_eq!(old.bsn_mac(&bsn()).key, old.newest_mac());
}

fn add(dir: &Path, name: &str) {
    let path = dir.join(name);
    std::fs::write(&path, [9; 32]).expect("write");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
}

#[test]
fn a_second_key_under_which_nothing_would_be_found_refuses_to_load() {
    let (dir, _) = keys();
    add(dir.path(), "digest-10.key");
    let error = Keys::load(dir.path()).expect_err("refused");
    assert!(error.to_string().contains("digest-10.key"), "{error}");
}

#[test]
fn a_missing_short_or_open_key_file_refuses_to_load() {
    let (dir, _) = keys();
    let path = dir.path().join("enc-1.key");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).expect("mode");
    assert!(matches!(Keys::load(dir.path()), Err(KeyError::Open(_))));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    std::fs::write(&path, [1; 31]).expect("write");
    assert!(matches!(Keys::load(dir.path()), Err(KeyError::Size(_))));
    std::fs::remove_file(&path).expect("remove");
    let error = Keys::load(dir.path()).expect_err("refused");
    assert!(error.to_string().contains("enc-1.key"), "{error}");
}

#[test]
fn an_anchor_is_signed_and_a_forged_one_is_not() {
    let (_dir, keys) = keys();
    let (key, signature) = keys.sign_anchor(b"heads");
    assert!(keys.verify_anchor(key, b"heads", &signature));
    assert!(!keys.verify_anchor(key, b"hands", &signature));
    assert!(!keys.verify_anchor(KeyId(2), b"heads", &signature));
}

#[test]
fn a_check_value_tells_keys_apart_and_gives_none_away() {
    let (dir, one) = keys();
    let (_other, two) = keys();
    // All but the host key: it seals nothing, and clients notice another one.
    assert_eq!(one.check_values().len(), PURPOSES.len() - 1);
    for ((name, value), (_, other)) in one.check_values().iter().zip(two.check_values()) {
        assert_ne!(value, other, "{name}");
        let secret = std::fs::read(dir.path().join(format!("{name}.key"))).expect("key");
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(value.len() == 16 && !hex.contains(value.as_str()), "{name}");
    }
    assert_eq!(
        one.check_values(),
        Keys::load(dir.path()).expect("loads").check_values()
    );
}

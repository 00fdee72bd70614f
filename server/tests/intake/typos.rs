//! Slips of the pen in batch numbers, on the whole road: delivered in a file, opened by RIVM. The batch that was meant stands first,
//! and nothing is put in its place by itself (features F-X4).

use crate::world::{World, csv, good, with};
use app::ports::Review;
use app::ports::review::{ReviewFilter, ReviewView};
use domain::bsn::Bsn;
use domain::row::{Column, RowText};
use domain::suggestion::SuggestionKind;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use server::keys::Purpose;
use std::collections::{BTreeMap, HashMap};

const SEED: u64 = 2_021;
/// Rows with a slip, and rows of the same weeks without one.
const SLIPS: usize = 200;
const RIGHT: usize = 200;
/// A day on which vaccines of every product were given.
const DAY: &str = "07-06-2021";

/// A batch of the list that is in use on that day.
#[derive(Clone)]
struct Lot {
    number: String,
    product: String,
}

/// What somebody typed for a batch.
struct Typed {
    lot: Lot,
    text: String,
    edit: &'static str,
}

/// So many people of the BRP: (BSN, birth date).
async fn people(world: &World, many: usize) -> Vec<String> {
    let valid = (999_900_400..).filter_map(|number: u32| Bsn::parse(&number.to_string()).ok());
    let keys = &world.test.keys;
    let mut numbers = Vec::new();
    for bsn in valid.take(many) {
        let list = format!("p{}", numbers.len());
        let mac = keys.bsn_mac(&bsn);
        let sealed = keys.seal(
            bsn.expose().as_bytes(),
            &Purpose::BrpBsn.of(list.as_bytes()),
        );
        sqlx::query(
            "INSERT INTO brp_lists (pl_id, mac_key, bsn_mac, bsn_enc, surname, birth_date, content_digest, load_id)
             SELECT $1, $2, $3, $4, 'Proefpersoon', '19600512', '\\x00', load_id FROM brp_lists WHERE pl_id = '1'",
        )
        .bind(&list)
        .bind(mac.key_id())
        .bind(mac.bytes.to_vec())
        .bind(sealed.into_bytes())
        .execute(&world.test.admin)
        .await
        .unwrap();
        numbers.push(bsn.expose().to_owned());
    }
    numbers
}

/// Batches that may be given on the day, by product; in the order of how often they are given.
async fn lots(world: &World, random: &mut StdRng) -> Vec<Vec<Lot>> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT b.lot, v.name FROM batches b JOIN vaccines v ON v.id = b.vaccine
         WHERE b.expiration_date >= '2021-06-07' AND b.entry_date <= '2021-06-07' ORDER BY v.name, b.lot",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    let mut products: BTreeMap<String, Vec<Lot>> = BTreeMap::new();
    for (number, product) in found {
        let lots = products.entry(product.clone()).or_default();
        lots.push(Lot { number, product });
    }
    let mut products: Vec<Vec<Lot>> = products.into_values().collect();
    for lots in &mut products {
        for at in (1..lots.len()).rev() {
            lots.swap(at, random.random_range(0..=at));
        }
    }
    products
}

/// A batch as it is given: of a product each is given somewhat less than the one before.
fn given(lots: &[Vec<Lot>], random: &mut StdRng) -> Lot {
    let lots = &lots[random.random_range(0..lots.len())];
    let mut at = 0;
    while at + 1 < lots.len() && random.random_bool(0.6) {
        at += 1;
    }
    lots[at].clone()
}

/// A sign of the same kind: a digit for a digit.
fn sign_like(sign: char, random: &mut StdRng) -> char {
    let first = if sign.is_ascii_digit() { b'0' } else { b'A' };
    let many = if sign.is_ascii_digit() { 10 } else { 26 };
    char::from(first + random.random_range(0..many))
}

/// One edit of a kind, at random; `None` when this batch has no room for it.
fn slip(lot: &Lot, kind: usize, random: &mut StdRng) -> Option<Typed> {
    let signs: Vec<char> = lot.number.chars().collect();
    let mut typed = signs.clone();
    let at = random.random_range(0..signs.len());
    let sign = sign_like(signs[at], random);
    let edit = match kind {
        0 => {
            typed.insert(random.random_range(0..=signs.len()), sign);
            "one more"
        }
        1 => {
            typed.remove(at);
            "one less"
        }
        2 => {
            typed[at] = sign;
            "another one"
        }
        3 => {
            let next = (at + 1).min(signs.len() - 1);
            typed.swap(at, next);
            "two exchanged"
        }
        _ => {
            typed[at] = match typed[at] {
                '0' => 'O',
                'O' => '0',
                '1' => 'I',
                'I' => '1',
                other => other,
            };
            "a look-alike"
        }
    };
    let text: String = typed.into_iter().collect();
    (text != lot.number).then(|| Typed {
        lot: lot.clone(),
        text,
        edit,
    })
}

fn row(bsn: &str, key: &str, product: &str, batch: &str) -> RowText {
    let cells = [
        (Column::Bronsleutel, key),
        (Column::Vaccinatiedatum, DAY),
        (Column::Vaccin, product),
        (Column::HpkCode, ""),
        (Column::Batchnummer, batch),
    ];
    with(good(bsn, "12-05-1960"), &cells)
}

/// All rows that wait for RIVM, opened, by the key of their sender.
async fn opened(world: &World) -> HashMap<String, ReviewView> {
    let mut views = HashMap::new();
    let mut filter = ReviewFilter::default();
    loop {
        let page = world
            .portal
            .rows(&world.rivm, filter.clone())
            .await
            .unwrap();
        for line in page.items {
            let view = world.portal.row(&world.rivm, line.id).await.unwrap();
            views.insert(view.row.get(Column::Bronsleutel).to_owned(), view);
        }
        filter.na = page.next;
        if filter.na.is_none() {
            return views;
        }
    }
}

#[tokio::test]
async fn of_slips_that_were_delivered_at_least_95_in_100_show_the_right_batch_first_and_none_is_changed()
 {
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(SEED);
    let people = people(&world, RIGHT + SLIPS).await;
    let lots = lots(&world, &mut random).await;
    assert!(lots.len() >= 4 && lots.iter().map(Vec::len).sum::<usize>() >= 40);
    let right: Vec<RowText> = people[..RIGHT]
        .iter()
        .enumerate()
        .map(|(at, bsn)| {
            let lot = given(&lots, &mut random);
            row(bsn, &format!("r{at}"), &lot.product, &lot.number)
        })
        .collect();
    world.upload(&world.piet, &csv(&right)).await;
    let counting = "vaccinations WHERE effective AND valid_to IS NULL";
    assert_eq!(world.count(counting).await, i64::try_from(RIGHT).unwrap());

    let typed: Vec<Typed> = (0..SLIPS)
        .map(|at| {
            loop {
                let lot = given(&lots, &mut random);
                if let Some(typed) = slip(&lot, at % 5, &mut random) {
                    return typed;
                }
            }
        })
        .collect();
    let rows: Vec<RowText> = typed
        .iter()
        .zip(&people[RIGHT..])
        .enumerate()
        .map(|(at, (typed, bsn))| row(bsn, &format!("s{at}"), &typed.lot.product, &typed.text))
        .collect();
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let views = opened(&world).await;

    let (mut told, mut edits) = (
        BTreeMap::<&str, usize>::new(),
        BTreeMap::<&str, usize>::new(),
    );
    let mut known: i64 = 0;
    for (at, typed) in typed.iter().enumerate() {
        *edits.entry(typed.edit).or_default() += 1;
        let Some(view) = views.get(&format!("s{at}")) else {
            // It is the number of another batch: nobody can see that.
            let of_product = lots
                .iter()
                .flatten()
                .filter(|lot| lot.product == typed.lot.product);
            assert!(
                of_product.into_iter().any(|lot| lot.number == typed.text),
                "{}",
                typed.text
            );
            *told.entry("equals another batch").or_default() += 1;
            known += 1;
            continue;
        };
        assert_eq!(
            view.row.get(Column::Batchnummer),
            typed.text,
            "it stays as it was typed"
        );
        let mut batches = view
            .suggestions
            .iter()
            .filter(|one| one.kind == SuggestionKind::Batch);
        let what = match batches.next().map(|one| one.value.as_deref()) {
            Some(first) if first == Some(typed.lot.number.as_str()) => "right first",
            Some(_) if batches.any(|one| one.value.as_deref() == Some(&typed.lot.number)) => {
                "right, not first"
            }
            Some(_) => "wrong",
            None => "none",
        };
        *told.entry(what).or_default() += 1;
        if what != "right first" {
            println!("{} for {}: {what}", typed.text, typed.lot.number);
        }
    }
    println!("seed {SEED}: {SLIPS} slips, {edits:?}: {told:?}");
    assert_eq!(told.values().sum::<usize>(), SLIPS);
    assert!(
        edits.len() == 5 && edits.values().all(|times| *times == SLIPS / 5),
        "{edits:?}"
    );
    assert!(told["right first"] * 100 >= SLIPS * 95, "{told:?}");

    // What counts is what was right, and what nobody can tell from it; what was typed is what is stored.
    let right = i64::try_from(RIGHT).unwrap();
    assert_eq!(world.count(counting).await, right + known);
    let stored: Vec<(String, String)> = sqlx::query_as(
        "SELECT source_key, batch FROM reports WHERE delivery_id = $1 AND valid_to IS NULL",
    )
    .bind(delivery)
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    assert!(stored.len() * 100 >= SLIPS * 95);
    for (key, batch) in stored {
        let at: usize = key[1..].parse().unwrap();
        assert_eq!(batch, typed[at].text, "{key}");
    }
}

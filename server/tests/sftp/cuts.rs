//! Cut anywhere, in any way: what is not whole is never imported, and what is whole is never lost (security B11).

use crate::house::line::{Ends, Line};
use crate::house::{House, Raw, closing, renaming, rows, sha256, writing};
use crate::support::counted;
use crate::world::csv;
use bytes::Bytes;
use domain::delivery::dropbox::Proof;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use russh_sftp::protocol::{Packet, StatusCode};
use std::collections::BTreeMap;
use std::io::Read as _;
use uuid::Uuid;

/// How often; a bench asks for more.
fn times() -> usize {
    std::env::var("CIMS_CUTS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(500)
}

/// The ways an upload ends before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Closes, as OpenSSH does at Ctrl-C.
    Closes,
    /// The connection ends in order, without a CLOSE.
    Leaves,
    /// No word of SSH any more.
    Breaks(Ends),
}

/// Where an upload ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Within one WRITE.
    InWrite,
    /// Between two WRITEs.
    Between,
    /// After the last byte, before CLOSE or within it.
    LastByte,
    /// After CLOSE, before anything of the proof.
    Closed,
    /// Within what proves that the file is whole.
    InProof,
    /// The proof was sent, and its yes is not heard.
    Unheard,
    /// The yes was heard.
    Heard,
}

const PLACES: [Place; 7] = [
    Place::InWrite,
    Place::Between,
    Place::LastByte,
    Place::Closed,
    Place::InProof,
    Place::Unheard,
    Place::Heard,
];

/// What must come of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Must {
    /// Its proof never came.
    Nothing,
    /// It came, and the sender does not know.
    Perhaps,
    /// The sender heard yes, or nothing stood in the way.
    Once,
}

/// A file on its way.
struct Sending {
    name: String,
    /// What it is called until it is whole.
    shown: String,
    content: Vec<u8>,
    rows: i64,
    /// What a control file promises, and whether that comes first.
    control: Option<(Vec<u8>, bool)>,
    /// Ends of its WRITEs.
    portions: Vec<usize>,
}

impl Sending {
    fn new((account, proof): (&str, Proof), number: usize, random: &mut ChaCha8Rng) -> Self {
        let name = format!("CIMS_ZONNEHOF_{account}_20210301_{number}.csv");
        let mut content = rows(&name);
        // Some need more than one packet of SSH for a WRITE.
        let more = if random.random_bool(0.1) { 300 } else { 0 };
        let more: Vec<_> = (0..more)
            .map(|row| counted(&format!("{name}-n{row}")))
            .collect();
        let header = csv(&[]).len();
        content.extend_from_slice(&csv(&more)[header..]);
        let rows = 2 + more.len();
        if proof == Proof::Trailer {
            content.extend(format!("#EINDE;{rows}\r\n").as_bytes());
        }
        let control = (proof == Proof::Control).then(|| {
            let promise = match random.random_bool(0.5) {
                true => format!("regels={rows}\n"),
                false => format!("sha256={}\n", sha256(&content)),
            };
            (promise.into_bytes(), random.random_bool(0.5))
        });
        // The line end of a trailer is no part of its promise: it goes with what is before it.
        let mut portions: Vec<usize> = (0..random.random_range(1..8))
            .map(|_| random.random_range(1..content.len() - 2))
            .collect();
        portions.push(content.len());
        portions.sort_unstable();
        portions.dedup();
        let named = proof == Proof::Rename || random.random_bool(0.5);
        Self {
            shown: if named {
                format!("{name}.part")
            } else {
                name.clone()
            },
            name,
            content,
            rows: i64::try_from(rows).unwrap(),
            control,
            portions,
        }
    }

    fn control_name(&self) -> String {
        format!("{}.ctl", self.name)
    }

    /// All that is sent once the files are open, and how many of it are WRITEs of the file itself.
    fn steps(&self, data: &str, control: Option<&str>) -> (Vec<Packet>, usize) {
        let begins = std::iter::once(0).chain(self.portions.iter().copied());
        let mut steps: Vec<Packet> = begins
            .zip(&self.portions)
            .map(|(begin, end)| writing(data, begin, &self.content[begin..*end]))
            .collect();
        let writes = steps.len();
        steps.push(closing(data));
        if let (Some(handle), Some((promise, _))) = (control, &self.control) {
            steps.push(writing(handle, 0, promise));
            steps.push(closing(handle));
        }
        if self.shown != self.name {
            steps.push(renaming(&self.shown, &self.name));
        }
        (steps, writes)
    }
}

/// A cut: all before this step is sent, and of the step itself so many bytes.
#[derive(Debug, Clone, Copy)]
struct Cut {
    place: Place,
    way: Way,
    step: usize,
    bytes: usize,
    /// Whole packets of SSH carry those bytes; else the last one is broken too.
    whole_packets: bool,
    /// Everything is sent without waiting for an answer.
    at_once: bool,
}

impl Cut {
    fn new(place: Place, steps: &[Bytes], writes: usize, random: &mut ChaCha8Rng) -> Self {
        let last = steps.len() - 1;
        let any = [
            Way::Leaves,
            Way::Breaks(Ends::Cut),
            Way::Breaks(Ends::Hangs),
            Way::Closes,
        ];
        // Who closes properly after its last byte is not cut off.
        let closes = place == Place::Between;
        let way = any[random.random_range(0..if closes { 4 } else { 3 })];
        let (step, within) = match place {
            Place::InWrite => (random.random_range(0..writes), true),
            Place::Between => (random.random_range(1..writes), false),
            Place::LastByte => (writes, random.random_bool(0.5)),
            // Of some the CLOSE is the proof.
            Place::Closed => (last.min(writes + 1), false),
            Place::InProof => (random.random_range(last.min(writes + 1)..=last), true),
            Place::Unheard => (last, false),
            Place::Heard => (steps.len(), false),
        };
        let bytes = if within {
            random.random_range(1..steps[step].len())
        } else {
            0
        };
        let breaks = matches!(way, Way::Breaks(_));
        let whole_packets = !breaks || random.random_bool(0.3);
        Self {
            place,
            way,
            step,
            bytes,
            whole_packets,
            at_once: within && !whole_packets && random.random_bool(0.5),
        }
    }
}

impl Cut {
    /// What must come of the file when its sender does not come back.
    fn must(self) -> Must {
        match (self.place, self.way) {
            (Place::Heard, _) | (Place::Unheard, Way::Breaks(Ends::Hangs)) => Must::Once,
            (Place::Unheard, _) => Must::Perhaps,
            _ => Must::Nothing,
        }
    }
}

/// An installation, and its connection of now.
struct Sender {
    account: (&'static str, Proof),
    at: (Raw, Line),
    hung: Vec<(Raw, Line)>,
}

impl Sender {
    /// Sends a file as far as the cut lets it.
    async fn send(
        &mut self,
        house: &House,
        file: &Sending,
        place: Place,
        random: &mut ChaCha8Rng,
    ) -> (Cut, Must) {
        let (raw, line) = &mut self.at;
        if let Some((promise, true)) = &file.control {
            raw.put(&file.control_name(), promise).await;
        }
        let data = raw.create(&file.shown).await.unwrap();
        let control = match &file.control {
            Some((_, false)) => Some(raw.create(&file.control_name()).await.unwrap()),
            _ => None,
        };
        let (packets, writes) = file.steps(&data, control.as_deref());
        let steps: Vec<Bytes> = packets
            .into_iter()
            .map(|packet| Bytes::try_from(packet).unwrap())
            .collect();
        let cut = Cut::new(place, &steps, writes, random);
        if let (true, Way::Breaks(ends)) = (cut.at_once, cut.way) {
            let before: usize = steps[..cut.step].iter().map(Bytes::len).sum();
            let passed = line.passed();
            line.ends_after(before + cut.bytes, ends);
            raw.send(&steps.concat()).await;
            line.carried(passed + before + cut.bytes).await;
        } else {
            for step in &steps[..cut.step] {
                raw.send(step).await;
                assert!(ok(raw.heard().await), "{cut:?}");
            }
            if let Some(step) = steps.get(cut.step) {
                Self::half(raw, line, step, cut).await;
            }
        }
        if cut.way == Way::Closes {
            for handle in [Some(data), control].iter().flatten() {
                assert_eq!(raw.close(handle).await.0, StatusCode::Ok);
            }
        }
        let must = cut.must();
        if must == Must::Once {
            // Also when nobody hears of it.
            let there = format!("deliveries WHERE file_name = '{}'", file.name);
            house.until(&there, 1).await;
        }
        self.ends(house, cut).await;
        (cut, must)
    }

    /// The step in which it ends.
    async fn half(raw: &mut Raw, line: &Line, step: &Bytes, cut: Cut) {
        let passed = line.passed();
        match (cut.place, cut.way) {
            (Place::Unheard, way) => {
                if way == Way::Breaks(Ends::Hangs) {
                    line.deafen();
                }
                raw.send(step).await;
                line.carried(passed + step.len()).await;
            }
            (_, Way::Breaks(ends)) if !cut.whole_packets && cut.bytes > 0 => {
                line.ends_after(cut.bytes, ends);
                raw.send(step).await;
                line.carried(passed + cut.bytes).await;
            }
            _ if cut.bytes > 0 => {
                raw.send(&step[..cut.bytes]).await;
                line.carried(passed + cut.bytes).await;
            }
            _ => {}
        }
    }

    /// The connection ends in its way, and there is another one.
    async fn ends(&mut self, house: &House, cut: Cut) {
        if cut.way == Way::Closes {
            return;
        }
        if cut.way == Way::Breaks(Ends::Cut) {
            self.at.1.cut();
        }
        let next = house.raw_by_line(self.account.0, 1).await;
        let left = std::mem::replace(&mut self.at, next);
        if cut.way == Way::Breaks(Ends::Hangs) {
            if cut.place != Place::Unheard {
                left.1.hang();
            }
            self.hung.push(left);
            // Four at most: an account has eight connections.
            if self.hung.len() > 4 {
                self.hung.remove(0).1.cut();
            }
        }
    }

    /// The sender comes back with a file that it heard no yes of.
    async fn again(&mut self, file: &Sending, cut: Cut, random: &mut ChaCha8Rng) {
        let (raw, _) = &mut self.at;
        let lies_there = matches!(cut.place, Place::Closed | Place::InProof) && !cut.at_once;
        let last_is_name =
            file.shown != file.name && file.control.as_ref().is_none_or(|(_, first)| *first);
        if lies_there && last_is_name && random.random_bool(0.5) {
            // It is whole there, and only wants its name (security F18).
            let (code, text) = raw.rename(&file.shown, &file.name).await;
            assert_eq!(code, StatusCode::Ok, "{cut:?}: {text}");
            return;
        }
        let promise = file.control.as_ref().map(|(promise, _)| promise);
        if let Some(promise) = promise {
            raw.put(&file.control_name(), promise).await;
        }
        raw.put(&file.shown, &file.content).await;
        if file.shown != file.name {
            let (code, text) = raw.rename(&file.shown, &file.name).await;
            assert_eq!(code, StatusCode::Ok, "{cut:?}: {text}");
        }
    }
}

fn ok(answer: Option<Packet>) -> bool {
    matches!(answer, Some(Packet::Status(status)) if status.status_code == StatusCode::Ok)
}

/// What came of a file is what must come of it.
async fn judge(house: &House, file: &Sending, cut: Cut, must: Must) {
    let told: Vec<(Uuid, String, String, i64)> = sqlx::query_as(
        "SELECT id, outcome, findings::text, (SELECT count(*) FROM delivery_rows r WHERE r.delivery_id = d.id)
         FROM deliveries d WHERE file_name = $1 ORDER BY seq",
    )
    .bind(&file.name)
    .fetch_all(&house.world.test.admin)
    .await
    .unwrap();
    let about = format!("{}: {cut:?}, {must:?}: {told:?}", file.name);
    let mut imported = 0;
    for (id, outcome, findings, rows) in &told {
        match outcome.as_str() {
            "DUBBEL" => assert!(imported == 1 && *rows == 0, "{about}"),
            "GEWEIGERD" => assert!(findings.contains("A14") && *rows == 0, "{about}"),
            _ => {
                imported += 1;
                assert_eq!(*rows, file.rows, "{about}");
                let road = &house.world.road;
                let mut kept = Vec::new();
                let mut blob = road.blobs.read(&road.keys, *id).unwrap();
                blob.read_to_end(&mut kept).unwrap();
                assert!(kept == file.content, "other bytes: {about}");
            }
        }
    }
    match must {
        Must::Nothing => assert_eq!(imported, 0, "{about}"),
        Must::Perhaps => assert!(imported <= 1, "{about}"),
        Must::Once => assert_eq!(imported, 1, "{about}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_upload_is_never_imported_and_a_whole_one_never_lost() {
    let house = House::open().await;
    let seed = Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut senders = Vec::new();
    for account in [
        ("hernoemt", Proof::Rename),
        ("sluit", Proof::Trailer),
        ("belooft", Proof::Control),
    ] {
        house.keyed(account.0, account.1, 1).await;
        let at = house.raw_by_line(account.0, 1).await;
        let hung = Vec::new();
        senders.push(Sender { account, at, hung });
    }
    let (mut sent, mut many) = (Vec::new(), BTreeMap::new());
    for time in 0..times() {
        let sender = &mut senders[time % 3];
        let file = Sending::new(sender.account, time, &mut random);
        let place = PLACES[(time / 3) % PLACES.len()];
        let (cut, mut must) = sender.send(&house, &file, place, &mut random).await;
        *many.entry(place).or_insert(0) += 1;
        if must != Must::Once && random.random_bool(0.3) {
            sender.again(&file, cut, &mut random).await;
            must = Must::Once;
        }
        sent.push((file, cut, must));
    }
    for sender in senders {
        for (_, line) in sender.hung.iter().chain([&sender.at]) {
            line.cut();
        }
    }
    house.until("sftp_uploads WHERE state = 'open'", 0).await;
    house.until("deliveries WHERE state <> 'done'", 0).await;
    for (file, cut, must) in &sent {
        judge(&house, file, *cut, *must).await;
    }
    let of = |wanted| sent.iter().filter(|(_, _, must)| *must == wanted).count();
    println!(
        "{} cuts {many:?}: {} never proved, {} whole, {} nobody knows",
        times(),
        of(Must::Nothing),
        of(Must::Once),
        of(Must::Perhaps)
    );
}

//! How old the BRP is stands wherever somebody goes by it, and cannot be missed when that is too old.

use super::fakes::{ID, World, brp};
use super::get;
use app::ports::BrpAge;
use app::ports::decisions::DecisionState;
use app::ports::news::NewsOf;
use domain::role::Role;
use std::sync::Arc;

const LATE: &str = "Dat is te lang geleden.";

/// The same page with a copy of this age.
async fn decision(state: DecisionState, age: BrpAge) -> super::Answer {
    let mut world = World::new(Some(Role::RivmBeoordelaar));
    world.decision.line.state = state;
    world.decision.brp = age;
    get(&Arc::new(world), &format!("/beoordelen/besluiten/{ID}")).await
}

#[tokio::test]
async fn an_open_decision_says_how_old_the_brp_is_that_it_was_foreseen_with() {
    for state in [DecisionState::Draft, DecisionState::Asked] {
        let page = decision(state, brp("20-11-2026 06:00", true)).await;
        assert!(page.has("bijgewerkt op 20-11-2026 06:00") && page.has(LATE));
        assert!(page.has("utrecht-alert--error"));
        let page = decision(state, brp("22-11-2026 06:00", false)).await;
        assert!(page.has("De BRP is bijgewerkt op 22-11-2026 06:00.") && !page.has(LATE));
    }
    let page = decision(DecisionState::Done, brp("20-11-2026 06:00", true)).await;
    assert!(!page.has(LATE), "nothing is foreseen any more");
}

#[tokio::test]
async fn the_record_of_a_person_says_how_old_the_brp_is() {
    let world = Arc::new(World::new(Some(Role::RivmBeoordelaar)));
    let page = get(&world, &format!("/dossiers/{ID}?reden=verzoek")).await;
    assert!(page.has("bijgewerkt op 22-11-2026 06:03") && page.has(LATE));
}

#[tokio::test]
async fn a_worklist_says_how_old_the_brp_is_and_that_its_user_simply_goes_on() {
    let page = get(&World::nurse(), "/werklijst").await;
    assert!(page.has("bijgewerkt op 22-11-2026 06:04") && page.has(LATE));
    assert!(page.has("utrecht-alert--warning") && page.has("U kunt gewoon verder."));
}

async fn start(role: Role, age: Option<BrpAge>) -> super::Answer {
    let mut world = World::new(Some(role));
    world.news = NewsOf {
        brp: age,
        ..NewsOf::default()
    };
    get(&Arc::new(world), "/").await
}

#[tokio::test]
async fn the_start_page_of_rivm_says_how_old_the_brp_is_and_that_of_a_sender_when_it_is_too_old() {
    let (late, fresh) = (
        || Some(brp("20-11-2026 06:00", true)),
        || Some(brp("22-11-2026 06:00", false)),
    );
    for role in [Role::RivmBeoordelaar, Role::RivmBeheer] {
        let page = start(role, late()).await;
        assert!(
            page.has(LATE) && page.has("utrecht-alert--error"),
            "{role:?}"
        );
        let page = start(role, fresh()).await;
        assert!(page.has("De BRP is bijgewerkt op 22-11-2026 06:00.") && !page.has(LATE));
    }
    for role in [Role::Invoerder, Role::RivmInvoerder] {
        let page = start(role, late()).await;
        assert!(
            page.has(LATE) && page.has("utrecht-alert--warning"),
            "{role:?}"
        );
        assert!(!start(role, fresh()).await.has("De BRP is"), "{role:?}");
    }
    for role in [Role::Auditor, Role::Leverancier] {
        assert!(!start(role, None).await.has("BRP is"), "{role:?}");
    }
}

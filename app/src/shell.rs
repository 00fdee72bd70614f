//! The document around every page: head, top bar, menu, breadcrumb, footer, time-out dialog; and the routes.

use crate::islands::TimeOut;
use crate::page::{Look, Screen, nowhere};
use crate::pages;
use crate::parts::field::as_text;
use crate::parts::icon::{Icon, icon};
use crate::ports::session::Frame;
use crate::ports::{Caller, Sessions};
use crate::texts::{Texts, code, fill};
use domain::role::Role;
use domain::text::Lang;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};
use std::sync::Arc;

/// The HTML document. Colours and language come from cookies, so there is no flash and no script for it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let look = Look::here();
    let style = format!("/{}/cims.css", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang=code(look.t.language) class="ma-theme utrecht-root" data-kleur=look.colour>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href=style/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body class="utrecht-body utrecht-document">
                <App/>
            </body>
        </html>
    }
}

/// The routes. Each is complete HTML in one answer.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let whole = SsrMode::Async;
    view! {
        <Router>
            <FlatRoutes fallback=nowhere>
                <Route path=path!("/") view=pages::start ssr=whole.clone()/>
                <Route path=path!("/inloggen") view=pages::login ssr=whole.clone()/>
                <Route path=path!("/instelling") view=pages::institution ssr=whole.clone()/>
                <Route path=path!("/registreren") view=pages::person ssr=whole.clone()/>
                <Route path=path!("/registreren/zonder-toestemming") view=pages::without_consent ssr=whole.clone()/>
                <Route path=path!("/registreren/vaccinatie") view=pages::vaccination ssr=whole.clone()/>
                <Route path=path!("/registreren/controleren") view=pages::check ssr=whole.clone()/>
                <Route path=path!("/registreren/klaar/:reference") view=pages::receipt ssr=whole.clone()/>
                <Route path=path!("/registraties") view=pages::registrations ssr=whole.clone()/>
                <Route path=path!("/registraties/:id") view=pages::registration ssr=whole.clone()/>
                <Route path=path!("/kaarten") view=pages::cards ssr=whole.clone()/>
                <Route path=path!("/kaarten/invoeren") view=pages::key_card ssr=whole.clone()/>
                <Route path=path!("/kaarten/:id") view=pages::card ssr=whole.clone()/>
                <Route path=path!("/werklijst") view=pages::worklist ssr=whole.clone()/>
                <Route path=path!("/registraties/:id/corrigeren") view=pages::correct ssr=whole.clone()/>
                <Route path=path!("/registraties/:id/intrekken") view=pages::withdraw ssr=whole.clone()/>
                <Route path=path!("/registraties/:id/terugzetten") view=pages::restore ssr=whole.clone()/>
                <Route path=path!("/aanleveren") view=pages::upload ssr=whole.clone()/>
                <Route path=path!("/aanleveringen") view=pages::deliveries ssr=whole.clone()/>
                <Route path=path!("/teruggestuurd") view=pages::returned ssr=whole.clone()/>
                <Route path=path!("/aanleveringen/:id") view=pages::delivery ssr=whole.clone()/>
                <Route path=path!("/aanleveringen/:id/regels") view=pages::refused_rows ssr=whole.clone()/>
                <Route path=path!("/aanleveringen/:id/herstel/:code/:kolom") view=pages::repaired ssr=whole.clone()/>
                <Route path=path!("/aanleveringen/:id/regels/:nummer") view=pages::refused_row ssr=whole.clone()/>
                <Route path=path!("/aanleveringen/:id/intrekken") view=pages::withdraw_delivery ssr=whole.clone()/>
                <Route path=path!("/beoordelen") view=pages::review ssr=whole.clone()/>
                <Route path=path!("/beoordelen/groepen") view=pages::clusters ssr=whole.clone()/>
                <Route path=path!("/beoordelen/groepen/:id") view=pages::cluster ssr=whole.clone()/>
                <Route path=path!("/koppelingen") view=pages::connections ssr=whole.clone()/>
                <Route path=path!("/koppelingen/:id") view=pages::connection ssr=whole.clone()/>
                <Route path=path!("/aanvragen") view=pages::party_requests ssr=whole.clone()/>
                <Route path=path!("/aanvragen/nieuw") view=pages::new_party ssr=whole.clone()/>
                <Route path=path!("/aanvragen/:id") view=pages::party_request ssr=whole.clone()/>
                <Route path=path!("/proefbank") view=pages::bench ssr=whole.clone()/>
                <Route path=path!("/proefbank/:id") view=pages::attempt ssr=whole.clone()/>
                <Route path=path!("/installaties") view=pages::own_installations ssr=whole.clone()/>
                <Route path=path!("/volledigheid") view=pages::completeness ssr=whole.clone()/>
                <Route path=path!("/geparkeerd") view=pages::parked ssr=whole.clone()/>
                <Route path=path!("/geparkeerd/:id") view=pages::parked_delivery ssr=whole.clone()/>
                <Route path=path!("/beoordelen/besluiten") view=pages::decisions ssr=whole.clone()/>
                <Route path=path!("/beoordelen/besluiten/:id") view=pages::decision ssr=whole.clone()/>
                <Route path=path!("/beoordelen/waarden") view=pages::kept_values ssr=whole.clone()/>
                <Route path=path!("/beoordelen/cijfers") view=pages::numbers ssr=whole.clone()/>
                <Route path=path!("/beoordelen/kwaliteit") view=pages::qualities ssr=whole.clone()/>
                <Route path=path!("/beoordelen/kwaliteit/:id") view=pages::quality_of ssr=whole.clone()/>
                <Route path=path!("/beoordelen/oordelen/:id") view=pages::ruling ssr=whole.clone()/>
                <Route path=path!("/beoordelen/correcties/:id") view=pages::correction ssr=whole.clone()/>
                <Route path=path!("/toegang") view=pages::accounts ssr=whole.clone()/>
                <Route path=path!("/toegang/:id") view=pages::account ssr=whole.clone()/>
                <Route path=path!("/beheer") view=pages::operations ssr=whole.clone()/>
                <Route path=path!("/gebruikers") view=pages::users ssr=whole.clone()/>
                <Route path=path!("/gebruikers/sessies") view=pages::user_sessions ssr=whole.clone()/>
                <Route path=path!("/gebruikers/uitnodiging/:id") view=pages::invitation ssr=whole.clone()/>
                <Route path=path!("/codelijsten") view=pages::lists ssr=whole.clone()/>
                <Route path=path!("/codelijsten/verdacht") view=pages::list_suspects ssr=whole.clone()/>
                <Route path=path!("/codelijsten/wijzigingen/:id") view=pages::list_change ssr=whole.clone()/>
                <Route path=path!("/codelijsten/:lijst") view=pages::list_entries ssr=whole.clone()/>
                <Route path=path!("/codelijsten/:lijst/onderdeel") view=pages::list_entry ssr=whole.clone()/>
                <Route path=path!("/uitnodiging") view=pages::invited ssr=whole.clone()/>
                <Route path=path!("/kwaliteit") view=pages::quality ssr=whole.clone()/>
                <Route path=path!("/dossiers") view=pages::find_person ssr=whole.clone()/>
                <Route path=path!("/dossiers/:id") view=pages::record ssr=whole.clone()/>
                <Route path=path!("/beoordelen/:id/vergelijken") view=pages::compare ssr=whole.clone()/>
                <Route path=path!("/beoordelen/:id/koppelen") view=pages::link_row ssr=whole.clone()/>
                <Route path=path!("/beoordelen/:id") view=pages::review_row ssr=whole.clone()/>
                <Route path=path!("/bewaard/:id") view=pages::kept ssr=whole.clone()/>
                <Route path=path!("/sessies") view=pages::sessions ssr=whole.clone()/>
                <Route path=path!("/hulp") view=pages::help ssr=whole.clone()/>
                <Route path=path!("/hulp/regels") view=pages::rules ssr=whole.clone()/>
                <Route path=path!("/hulp/regels/:code") view=pages::rule ssr=whole.clone()/>
                <Route path=path!("/hulp/kolommen") view=pages::columns ssr=whole.clone()/>
                <Route path=path!("/toegankelijkheid") view=pages::accessibility ssr=whole.clone()/>
                <Route path=path!("/privacy") view=pages::privacy ssr=whole.clone()/>
                <Route path=path!("/cookies") view=pages::cookies ssr=whole.clone()/>
                <Route path=path!("/niet-gevonden") view=pages::not_found ssr=whole.clone()/>
                <Route path=path!("/even-wachten") view=pages::too_many ssr=whole.clone()/>
                <Route path=path!("/gewijzigd") view=pages::conflict ssr=whole.clone()/>
                <Route path=path!("/storing/:incident") view=pages::broken ssr=whole/>
            </FlatRoutes>
        </Router>
    }
}

/// The frame around a page.
pub(crate) fn chrome(frame: Option<&Frame>, look: &Look, screen: Screen) -> impl IntoView + use<> {
    let t = look.t;
    let f = &t.frame;
    let Screen {
        title,
        failed,
        width,
        crumbs,
        unkept,
        body,
    } = screen;
    let crumbs = (look.path != "/").then(|| breadcrumb(crumbs, title.clone(), t));
    let title = if failed {
        fill(f.error_title, &[("titel", &title)])
    } else {
        title
    };
    let caller = frame.and_then(|frame| frame.caller.as_ref());
    let sessions = use_context::<Arc<dyn Sessions>>();
    let life = sessions.map(|sessions| sessions.life());
    let life = frame.filter(|frame| frame.caller.is_some()).zip(life);
    view! {
        <Title text=as_text(&format!("{title} - {}", f.portal))/>
        <a class="utrecht-skip-link utrecht-skip-link--visible-on-focus" href="#inhoud">{f.skip_link}</a>
        <div class="utrecht-page-layout">
            {frame.is_some_and(|frame| frame.demo).then(|| view! { <p class="cims-demo-banner">{f.demo_banner}</p> })}
            {top_bar(caller, t, &look.path)}
            {caller.map(|caller| menu(caller, t, &look.path))}
            <div class="utrecht-page-body"><div class="utrecht-page-body__content">
                {crumbs}
                <main id="inhoud" class=format!("utrecht-page-content__main cims-main{width}") tabindex="-1">
                    {frame.is_some_and(|frame| frame.ended_another).then(|| crate::parts::alert::info(f.ended_another))}
                    {body}
                </main>
            </div></div>
            {footer(look, caller.is_some())}
        </div>
        {life.map(|(frame, life)| view! {
            <TimeOut
                seconds=frame.seconds_left
                absolute=frame.absolute_seconds_left
                idle=life.idle_minutes * 60
                idle_title=f.time_out_title.to_owned()
                absolute_title=fill(f.time_out_day_title, &[("uren", &life.absolute_hours.to_string())])
                text=(if unkept { f.time_out_unasked_text } else { f.time_out_text }).to_owned()
                stay=f.stay.to_owned()
                go_on=f.time_out_day_stay.to_owned()
                leave=f.log_out.to_owned()
            />
        })}
    }
}

fn top_bar(caller: Option<&Caller>, t: &'static Texts, path: &str) -> AnyView {
    let f = &t.frame;
    let user = caller.map(|caller| {
        let party = caller.party().map_or(f.institution_rivm.to_owned(), |party| party.name.clone());
        let several = caller.memberships.len() > 1;
        view! {
            <div class="cims-topbar__user">
                <span class="cims-topbar__name">{caller.name.clone()}</span>
                <span class="cims-topbar__party">{party}</span>
                <span class="cims-topbar__party">{role_name(caller.role(), t)}</span>
            </div>
            {several.then(|| view! { <a class="cims-topbar__button" href="/instelling">{f.switch_institution}</a> })}
            <form method="post" action="/auth/uitloggen">
                <button class="cims-topbar__button" type="submit">{f.log_out}</button>
            </form>
        }
    });
    let language = match t.language {
        Lang::Nl => "en",
        Lang::En => "nl",
    };
    view! {
        <header class="utrecht-page-header cims-topbar"><div class="utrecht-page-header__content cims-topbar__content">
            <a class="cims-topbar__brand" href="/">{icon(Icon::Vaccine)}" "<span>{f.portal}</span></a>
            {user}
            <form method="post" action=crate::calls::look::ChooseLanguage::PATH>
                <input type="hidden" name="terug" value=path.to_owned()/>
                <button class="cims-topbar__button" type="submit" name="taal" value=language lang=language>{f.other_language}</button>
            </form>
        </div></header>
    }
    .into_any()
}

/// The name of a role.
pub(crate) fn role_name(role: Role, t: &'static Texts) -> &'static str {
    match role {
        Role::Invoerder => t.frame.role_invoerder,
        Role::Instellingsbeheerder => t.frame.role_instellingsbeheerder,
        Role::OpProef => t.frame.role_op_proef,
        Role::Leverancier => t.frame.role_leverancier,
        Role::RivmInvoerder => t.frame.role_rivm_invoerder,
        Role::RivmBeoordelaar => t.frame.role_rivm_beoordelaar,
        Role::RivmBeheer => t.frame.role_rivm_beheer,
        Role::Privacycoordinator => t.frame.role_privacycoordinator,
        Role::Auditor => t.frame.role_auditor,
    }
}

fn menu(caller: &Caller, t: &'static Texts, path: &str) -> AnyView {
    let f = &t.frame;
    let mut links = vec![("/", f.home)];
    if caller.role().may_deliver() {
        links.extend([
            ("/registreren", f.nav_record),
            ("/registraties", f.nav_registrations),
            ("/aanleveren", f.nav_upload),
            ("/aanleveringen", f.nav_deliveries),
        ]);
    }
    if caller.role().may_key_cards() {
        links.push(("/kaarten", t.cards.title));
    }
    if caller.role().may_review() {
        links.push(("/beoordelen", f.nav_review));
    }
    if caller.role().may_try() && !caller.role().may_deliver() {
        links.push(("/proefbank", t.onboarding.bench));
    }
    if caller.role().may_watch_own_installations() {
        links.push(("/installaties", t.onboarding.own));
    }
    links.push(("/hulp", f.nav_help));
    let path = path.split('?').next().unwrap_or_default().to_owned();
    let items = links.into_iter().map(|(href, text)| {
        let here = href == path || (href != "/" && path.starts_with(&format!("{href}/")));
        view! {
            <li class="utrecht-nav-list__item">
                <a class="utrecht-nav-list__link" href=href aria-current=here.then_some("page")>{text}</a>
            </li>
        }
    });
    view! {
        <nav class="utrecht-nav-bar cims-nav" aria-label=f.main_menu><div class="utrecht-nav-bar__content">
            <ul class="utrecht-nav-list">{items.collect_view()}</ul>
        </div></nav>
    }
    .into_any()
}

fn breadcrumb(crumbs: Vec<(&'static str, String)>, here: String, t: &'static Texts) -> AnyView {
    let all = std::iter::once((t.frame.home, "/".to_owned())).chain(crumbs);
    let items = all.map(|(text, href)| {
        view! {
            <li class="utrecht-breadcrumb-nav__item">
                <a class="utrecht-breadcrumb-nav__link utrecht-link utrecht-link--html-a" href=href>{text}</a>
            </li>
        }
    });
    view! {
        <nav class="utrecht-breadcrumb-nav" aria-label=t.frame.breadcrumb>
            <ol class="utrecht-breadcrumb-nav__list utrecht-breadcrumb-nav__list--html-ol">
                {items.collect_view()}
                <li class="utrecht-breadcrumb-nav__item">
                    <a class="utrecht-breadcrumb-nav__link utrecht-breadcrumb-nav__link--current" aria-current="page">{here}</a>
                </li>
            </ol>
        </nav>
    }
    .into_any()
}

fn footer(look: &Look, logged_in: bool) -> AnyView {
    let f = &look.t.frame;
    let mut links = vec![
        ("/hulp", f.help_and_contact),
        ("/toegankelijkheid", f.accessibility),
        ("/privacy", f.privacy),
        ("/cookies", f.cookies),
    ];
    if logged_in {
        links.push(("/sessies", f.my_sessions));
    }
    let links = links.into_iter().map(|(href, text)| {
        view! { <li><a class="utrecht-link utrecht-link--html-a" href=href>{text}</a></li> }
    });
    let colours = [
        ("", f.colours_system),
        ("licht", f.colours_light),
        ("donker", f.colours_dark),
    ];
    let chosen = look.colour.unwrap_or_default();
    let colours = colours.map(
        |(value, text)| view! { <option value=value selected={value == chosen}>{text}</option> },
    );
    let version = fill(f.version, &[("versie", env!("CARGO_PKG_VERSION"))]);
    view! {
        <footer class="utrecht-page-footer cims-footer"><div class="utrecht-page-footer__content cims-footer__content">
            <ul class="cims-footer__links">{links.collect_view()}</ul>
            <form class="cims-footer__form" method="post" action=crate::calls::look::ChooseColour::PATH>
                <input type="hidden" name="terug" value=look.path.clone()/>
                <label class="utrecht-form-label" for="kleur">{f.colours}</label>
                " "<select class="utrecht-select utrecht-select--html-select" id="kleur" name="kleur">{colours}</select>
                " "<button class="utrecht-button utrecht-button--subtle" type="submit">{f.colours_apply}</button>
            </form>
            <p class="cims-footer__version">{version}</p>
        </div></footer>
    }
    .into_any()
}

/// Percent-encodes a value of a query.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

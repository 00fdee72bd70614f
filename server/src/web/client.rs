//! What a request says of its sender: address, cookies, browser.
//!
//! `X-Forwarded-For` counts only when a listed proxy sent it (ASVS 4.1.3).

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, header};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of the browser: the last one in the chain that is no proxy of ours.
#[must_use]
pub fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    let mut chain = lines
        .iter()
        .flat_map(|line| line.split(','))
        .filter_map(|one| one.trim().parse::<IpAddr>().ok())
        .rev();
    chain.find(|one| !proxies.contains(one)).unwrap_or(peer)
}

/// The address of a request as it came in; loopback where the server was not given one (tests without a socket).
#[must_use]
pub fn of(request: &Request, proxies: &[IpAddr]) -> IpAddr {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    address(peer, request.headers(), proxies)
}

/// Value of a cookie; the session's own is read by tower-sessions alone.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// "Firefox, Windows": what somebody recognises in the list of sessions, not a fingerprint.
#[must_use]
pub fn browser(headers: &HeaderMap) -> String {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let first = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_and_not_fingerprinted() {
        let named = |agent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, agent.parse().expect("value"));
            browser(&headers)
        };
        assert_eq!(
            named(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
            ),
            "Edge, Windows"
        );
        assert_eq!(
            named("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"),
            "Firefox, Linux"
        );
        assert_eq!(named("<script>"), "");
    }

    #[test]
    fn a_spoofed_forwarded_for_changes_nothing() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("address");
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "1.1.1.1, 2.2.2.2, 10.0.0.9".parse().expect("value"),
        );
        assert_eq!(
            address(ip("3.3.3.3"), &headers, &[ip("10.0.0.8")]),
            ip("3.3.3.3")
        );
        // Two proxies of ours: what the first of them saw is the browser; what stands before it is hearsay.
        assert_eq!(
            address(ip("10.0.0.8"), &headers, &[ip("10.0.0.8"), ip("10.0.0.9")]),
            ip("2.2.2.2")
        );
        assert_eq!(
            address(ip("10.0.0.8"), &HeaderMap::new(), &[ip("10.0.0.8")]),
            ip("10.0.0.8")
        );
    }
}

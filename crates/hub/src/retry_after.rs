//! How long the hub asks to wait: `Retry-After` in seconds or as a date, or `RateLimit` with `t=` seconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::http::HeaderMap;

/// The wait that the headers ask for.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(value) = text("retry-after") {
        let value = value.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        // A date that is past asks for no wait.
        return Some(date(value)?.duration_since(now).unwrap_or_default());
    }
    let seconds = text("ratelimit")?.split(';').find_map(|part| part.trim().strip_prefix("t="))?;
    Some(Duration::from_secs(seconds.trim().parse().ok()?))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that servers may send.
fn date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = parts[..] else { return None };
    let day: u64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year: u64 = year.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = time.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if clock.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Years from March on, so that the leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(UNIX_EPOCH + Duration::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn wait(name: &'static str, value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        // Sun, 06 Nov 1994 08:49:37 GMT, as RFC 9110 and `date -u -d` have it.
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates() {
        assert_eq!(wait("retry-after", "7"), Some(7));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(wait("retry-after", "Mon, 07 Nov 1994 08:49:37 GMT"), Some(86_400));
        assert_eq!(wait("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        // 2000-02-29 00:00:00 is 951782400 by `date -u -d`.
        assert_eq!(wait("retry-after", "Tue, 29 Feb 2000 00:00:00 GMT"), Some(951_782_400 - 784_111_777));
        assert_eq!(wait("ratelimit", "\"api\";r=0;t=55"), Some(55));
    }

    #[test]
    fn what_is_neither_is_nothing() {
        for value in [
            "",
            "-1",
            "soon",
            "Sun, 06 Nov 1994",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1 08:49:37 GMT",
        ] {
            assert_eq!(wait("retry-after", value), None, "{value:?}");
        }
        assert_eq!(wait("ratelimit", "\"api\";r=0"), None);
    }
}

//! How long the hub asks to wait: `Retry-After` (seconds or an HTTP date), or `RateLimit` with `t=` seconds.

use std::time::{Duration, SystemTime};
use ureq::http::HeaderMap;

/// The wait that the headers ask for, if any.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(value) = text("retry-after") {
        let value = value.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        // A date in the past means no wait.
        return Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default());
    }
    let seconds = text("ratelimit")?.split(';').find_map(|part| part.trim().strip_prefix("t="))?;
    Some(Duration::from_secs(seconds.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::time::UNIX_EPOCH;

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
        // The two obsolete forms, which RFC 9110 has recipients accept.
        assert_eq!(wait("retry-after", "Sunday, 06-Nov-94 08:49:47 GMT"), Some(10));
        assert_eq!(wait("retry-after", "Sun Nov  6 08:49:47 1994"), Some(10));
        // 2000-02-29 00:00:00 is 951782400 by `date -u -d`.
        assert_eq!(wait("retry-after", "Tue, 29 Feb 2000 00:00:00 GMT"), Some(951_782_400 - 784_111_777));
        assert_eq!(wait("ratelimit", "\"api\";r=0;t=55"), Some(55));
    }

    #[test]
    fn other_values_are_ignored() {
        for value in [
            "",
            "-1",
            "soon",
            "Sun, 06 Nov 1994",
            "Sun, 31 Feb 1994 08:49:37 PST",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1 08:49:37 GMT",
        ] {
            assert_eq!(wait("retry-after", value), None, "{value:?}");
        }
        assert_eq!(wait("ratelimit", "\"api\";r=0"), None);
    }
}

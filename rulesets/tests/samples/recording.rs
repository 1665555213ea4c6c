//! Recordings of a cloud's answers, as the test tools placebo, vcrpy and httplib2's flights keep them.

use serde_json::Value;

/// The answers within a recording; empty for a text that is none.
pub(crate) fn answers(text: &str) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    if let (Some(_), Some(data)) = (document.get("status_code"), document.get("data")) {
        return vec![data.to_string()];
    }
    if let (Some(_), Some(body)) = (document.get("headers"), document.get("body")) {
        return vec![body.to_string()];
    }
    let interactions = document["interactions"].as_array();
    let bodies = interactions.into_iter().flatten().map(|interaction| {
        let body = &interaction["response"]["body"];
        let content = ["data", "string"].map(|field| body.get(field));
        content.into_iter().flatten().next().unwrap_or(body)
    });
    bodies
        .map(|body| {
            body.as_str()
                .map_or_else(|| body.to_string(), str::to_owned)
        })
        .collect()
}

use std::collections::BTreeMap;

use api::v1::*;
use api::{Code, Failure};
use serde_json::{Value, json};

use super::stage::{Site, User, entity, parameter};

async fn evaluate(user: &mut User, asked: EvaluateRequest) -> Result<EvaluateReply, Failure> {
    let request = user.says(asked);
    Ok(user.client.evaluate(request).await?.into_inner())
}

fn expressions(list: &[(&str, &str)]) -> Vec<Expression> {
    list.iter()
        .map(|(text, dimension)| Expression { text: (*text).into(), dimension: (*dimension).into() })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_come_to_what_services_would_compute_with() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    let units = entity("project.units", "units", json!({"length": "mm"}));
    ada.put(&project, vec![units, parameter("a", "22.86 mm"), parameter("b", "a/2")]).await.unwrap();
    let asked = EvaluateRequest {
        project: project.clone(),
        expressions: expressions(&[
            ("2*a + 3 mm", ""),
            ("12", "length"),
            ("a*a", "length"),
            ("nowhere", ""),
            ("1 +", ""),
            ("a", "no-dimension"),
        ]),
        ..Default::default()
    };
    let reply = evaluate(&mut ada, asked).await.unwrap();
    let texts: Vec<&str> = reply.values.iter().map(|value| value.text.as_str()).collect();
    assert_eq!(texts, ["48.72 mm", "12 mm", "", "", "", "22.86 mm"]);
    assert!((reply.values[0].value - 0.04872).abs() < 1e-15);
    assert!(reply.values[2].fault.contains("length"), "{}", reply.values[2].fault);
    assert!(reply.values[3].fault.contains("nowhere"), "{}", reply.values[3].fault);
    assert!(!reply.values[4].fault.is_empty());
    assert_eq!(reply.parameters["b"].text, "11.43 mm");
    assert_eq!(reply.version.len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_stored_yet_is_laid_over() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    let put = vec![parameter("a", "1 mm"), parameter("b", "2*a"), parameter("c", "b"), parameter("d", "1")];
    let first = ada.put(&project, put).await.unwrap().id;
    ada.put(&project, vec![parameter("a", "5 mm")]).await.unwrap();
    let asked = |version: &str, over: &[(&str, &str)]| EvaluateRequest {
        project: project.clone(),
        version: version.into(),
        parameters: over.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
        ..Default::default()
    };
    assert_eq!(evaluate(&mut ada, asked("", &[])).await.unwrap().parameters["c"].text, "10 mm");
    assert_eq!(evaluate(&mut ada, asked(&first, &[])).await.unwrap().parameters["c"].text, "2 mm");
    let over = evaluate(&mut ada, asked("", &[("a", "7 mm"), ("d", ""), ("e", "a")])).await.unwrap();
    assert_eq!(over.parameters["c"].text, "14 mm");
    assert_eq!(over.parameters["e"].text, "7 mm");
    assert!(!over.parameters.contains_key("d"));
    // A circle is told at all that is in it or hangs on it, and spoils nothing else.
    let circle = evaluate(&mut ada, asked("", &[("a", "c")])).await.unwrap();
    assert!(["a", "b", "c"].iter().all(|name| !circle.parameters[*name].fault.is_empty()));
    assert_eq!(circle.parameters["d"].text, "1");
    // An empty project has no version, and arithmetic all the same.
    let empty = ada.create("empty").await.id;
    let asked = EvaluateRequest {
        project: empty,
        expressions: expressions(&[("1 mm + 2 mm", "")]),
        ..Default::default()
    };
    let reply = evaluate(&mut ada, asked).await.unwrap();
    assert_eq!((reply.version.as_str(), reply.values[0].text.as_str()), ("", "3 mm"));
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_are_told_in_si() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    let board = |er: &str| {
        entity("project.material", "materials/board", json!({"epsilon_r": er, "conductivity": "5 mS/m"}))
    };
    ada.put(&project, vec![parameter("er", "4.3"), board("er")]).await.unwrap();
    let asked = EvaluateRequest {
        project: project.clone(),
        paths: vec!["materials/**".into()],
        ..Default::default()
    };
    let reply = evaluate(&mut ada, asked.clone()).await.unwrap();
    let properties: Value = serde_json::from_str(&reply.entities[0].properties).unwrap();
    assert_eq!((&properties["epsilon_r"], &properties["conductivity"]), (&json!(4.3), &json!(0.005)));
    ada.put(&project, vec![board("er + 1 mm")]).await.unwrap();
    assert!(evaluate(&mut ada, asked).await.unwrap().entities.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_bounded() {
    let site = Site::start().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    let many = EvaluateRequest {
        project: project.clone(),
        expressions: vec![Expression::default(); 1001],
        ..Default::default()
    };
    assert_eq!(evaluate(&mut ada, many).await.unwrap_err().code, Code::TooLarge);
    let parameters: BTreeMap<String, String> = (0..10_001).map(|n| (format!("p{n}"), "1".into())).collect();
    let many = EvaluateRequest {
        project: project.clone(),
        parameters: parameters.into_iter().collect(),
        ..Default::default()
    };
    assert_eq!(evaluate(&mut ada, many).await.unwrap_err().code, Code::TooLarge);
    let long = EvaluateRequest {
        project,
        expressions: expressions(&[(&"1+".repeat(5000), "")]),
        ..Default::default()
    };
    assert!(!evaluate(&mut ada, long).await.unwrap().values[0].fault.is_empty());
}

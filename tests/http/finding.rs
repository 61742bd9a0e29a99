//! Lists: who sees what, conditions, stretches and links.

use serde_json::{Value, json};

use super::ask::{get, post};
use super::world::{PUBLIC_URL, Somebody, World};

fn names(list: &Value) -> Vec<&str> {
    let results = list["results"].as_array().unwrap();
    results
        .iter()
        .map(|each| each["name"].as_str().unwrap())
        .collect()
}

async fn publish(world: &World, somebody: &Somebody, name: &str, cost: Value) -> Value {
    let body = json!({ "name": name, "cost": cost });
    world
        .body(post("/albums/", &body).by(&somebody.token), 201)
        .await
}

#[tokio::test]
async fn everybody_sees_what_they_may() {
    let world = World::new();
    let staff = world.staff("root").await;
    let ada = world.artist("ada").await;
    let eve = world.artist("eve").await;
    world.publish(&ada, "hers").await;
    world.publish(&eve, "other").await;

    let count = async |ask| world.body(ask, 200).await["count"].as_u64().unwrap();

    assert_eq!(count(get("/albums/")).await, 0);
    assert_eq!(count(get("/albums/").by(&ada.token)).await, 1);
    assert_eq!(count(get("/albums/").by(&staff.token)).await, 2);
    assert_eq!(count(get("/artists/")).await, 2);
}

#[tokio::test]
async fn conditions_narrow_a_list_and_all_must_hold() {
    let world = World::new();
    let staff = world.staff("root").await;
    let ada = world.artist("ada").await;
    let eve = world.artist("eve").await;
    let blue = publish(&world, &ada, "Ålesund Blue", json!("5")).await;
    publish(&world, &ada, "Red", json!("7.50")).await;
    publish(&world, &eve, "Blue % Note", json!(null)).await;
    let artist = blue["artist"]["id"].as_str().unwrap();

    for (conditions, expected) in [
        ("name__icontains=%C3%A5LESUND", &["Ålesund Blue"][..]),
        ("name__icontains=%25", &["Blue % Note"]),
        ("name__icontains=blue&cost__gte=1", &["Ålesund Blue"]),
        ("cost__gte=5&cost__lte=5.00", &["Ålesund Blue"]),
        ("cost__gte=5.01", &["Red"]),
        (&format!("artist={artist}&cost__gte=6"), &["Red"]),
        ("artist=01890a5d-ac96-774b-bcce-b302099a8057", &[]),
        (
            "name__icontains=' OR 1=1 --".replace(' ', "+").as_str(),
            &[],
        ),
        ("name__icontains=red&name__icontains=note", &["Blue % Note"]),
        ("nonsense=7&cost__gte=&name__icontains=red", &["Red"]),
    ] {
        let list = get(&format!("/albums/?{conditions}")).by(&staff.token);

        let list = world.body(list, 200).await;

        assert_eq!(names(&list), expected, "{conditions}");
        assert_eq!(list["count"], expected.len(), "{conditions}");
    }
}

#[tokio::test]
async fn artists_are_searched_without_regard_to_case() {
    let world = World::new();
    for name in ["Åse", "Bob", "Basil"] {
        world.artist(name).await;
    }

    let found = world.body(get("/artists/?search=%C3%A5S"), 200).await;

    assert_eq!(found["count"], 1);
    assert_eq!(found["results"][0]["stage_name"], "Åse");
}

#[tokio::test]
async fn the_links_lead_through_the_whole_list_and_back() {
    let world = World::new();
    let ada = world.artist("ada").await;
    for number in 1..=5 {
        publish(&world, &ada, &format!("a&b {number}"), json!(null)).await;
    }
    let mut seen = Vec::new();
    let mut path = "/albums/?name__icontains=a%26b&limit=2".to_owned();

    let last = loop {
        let list = world.body(get(&path).by(&ada.token), 200).await;
        assert_eq!(list["count"], 5);
        seen.extend(names(&list).into_iter().map(str::to_owned));
        match list["next"].as_str() {
            Some(next) => path = next.strip_prefix(PUBLIC_URL).unwrap().to_owned(),
            None => break list,
        }
    };

    assert_eq!(seen.len(), 5);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let conditions = "name__icontains=a%26b&limit=2";
    assert_eq!(
        last["previous"],
        format!("{PUBLIC_URL}/albums/?{conditions}&offset=2")
    );
    let second = get(&format!("/albums/?{conditions}&offset=2")).by(&ada.token);
    assert_eq!(
        world.body(second, 200).await["previous"],
        format!("{PUBLIC_URL}/albums/?{conditions}")
    );
}

#[tokio::test]
async fn nonsense_in_a_query_is_refused_by_name() {
    let world = World::new();
    for (path, wrong) in [
        (
            "/albums/?cost__gte=abc&artist=xyz",
            &["artist", "cost__gte"][..],
        ),
        ("/albums/?cost__lte=-1&limit=0", &["cost__lte", "limit"]),
        ("/albums/?limit=abc&offset=-1", &["limit", "offset"]),
        ("/albums/?offset=99999999999999999999", &["offset"]),
        ("/albums/?cost__gte=NaN", &["cost__gte"]),
        ("/albums/?name__icontains=a%00b", &["name__icontains"]),
        (
            "/artists/?search=a%0D%0Ab&offset=1.5",
            &["offset", "search"],
        ),
    ] {
        let refusal = world.refused(get(path), 400).await;

        assert_eq!(refusal.wrong(), wrong, "{path}");
    }
    let long = format!("/artists/?search={}", "a".repeat(10_000));
    assert_eq!(world.refused(get(&long), 400).await.wrong(), ["search"]);
}

#[tokio::test]
async fn a_greedy_limit_is_cut_and_the_usual_one_is_twenty() {
    let world = World::new();
    let ada = world.artist("ada").await;
    for number in 0..101 {
        publish(&world, &ada, &number.to_string(), json!(null)).await;
    }
    let length = async |path| {
        let list = world.body(get(path).by(&ada.token), 200).await;
        list["results"].as_array().unwrap().len()
    };

    assert_eq!(length("/albums/").await, 20);
    assert_eq!(length("/albums/?limit=100000").await, 100);
    assert_eq!(length("/albums/?limit=7").await, 7);
    assert_eq!(length("/albums/?offset=100").await, 1);
    assert_eq!(length("/albums/?offset=4294967294&limit=100").await, 0);
}

//! Whatever bytes come: the answer is theirs, never an error of ours.

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::runtime::Builder;

use super::super::ask::{ask, get};
use super::super::world::World;

fn run<T>(story: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(story)
}

proptest! {
    // What was found is told by the failing test; nothing is written into the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_body_whatsoever_is_our_fault(
        body in prop_oneof![vec(any::<u8>(), 0..200), r#"\{("name"|"cost"|"x"):[ -~]{0,40}\}"#.prop_map(String::into_bytes)],
        key in proptest::option::of("[ -~]{0,40}"),
    ) {
        let status = run(async {
            let world = World::new();
            let eve = world.artist("eve").await;
            let mut album = ask("POST", "/albums/").raw(&body).by(&eve.token);
            if let Some(key) = &key {
                album = album.header("idempotency-key", key);
            }
            world.send(album).await.status
        });
        prop_assert!(status == 201 || status == 400, "{status}");
    }

    #[test]
    fn no_query_whatsoever_is_our_fault(query in "[!$-;=?-~]{0,60}") {
        let status = run(async {
            let path = format!("/albums/?name__icontains={query}&{query}");
            World::new().send(get(&path)).await.status
        });
        prop_assert!(status == 200 || status == 400, "{status}");
    }
}

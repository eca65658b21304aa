//! What takes long: `cargo xtask test --soak`.

use crate::crashes::kill_at_random;

#[tokio::test]
#[ignore = "takes long: `cargo xtask test --soak` runs it"]
async fn killed_at_a_thousand_random_moments() {
    kill_at_random(1000, |over| eprintln!("killed {over} times")).await;
}

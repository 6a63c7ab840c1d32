use std::time::Duration;

use api::Code;
use api::v1::*;

use super::stage::{GOOD, Site, failure};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn the_first_password_opens_only_its_own_change() {
    let mut site = Site::start().await;
    let once = site.first_password();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for file in ["first-password", "assertion.key"] {
            let mode = std::fs::metadata(site.state().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
    let mut admin = site.enter("admin", &once).await.unwrap();
    let me = admin.client.who_am_i(admin.call(Empty {})).await.unwrap().into_inner();
    assert!(me.must_change_password && me.administrator);
    let refused = failure(admin.client.list_users(admin.call(Empty {})).await);
    assert_eq!(refused.code, Code::Precondition);
    assert!(refused.what_to_do().contains("password"));
    let request = admin.call(ProjectRequest { project: "p".into() });
    assert_eq!(failure(admin.project.right_on(request).await).code, Code::Precondition);

    for weak in ["short", "admin", "password123", &once] {
        assert_eq!(admin.change_password(&once, weak).await.unwrap_err().code, Code::Invalid, "{weak}");
    }
    assert_eq!(admin.change_password("wrong", GOOD).await.unwrap_err().code, Code::Unauthenticated);
    admin.change_password(&once, GOOD).await.unwrap();
    assert!(!site.state().join("first-password").exists());
    admin.refresh().await.unwrap();
    assert_eq!(admin.client.list_users(admin.call(Empty {})).await.unwrap().into_inner().users.len(), 1);
    assert_eq!(site.enter("admin", &once).await.err().unwrap().code, Code::Unauthenticated);

    // All of it, the login too, is there after a restart, and no second administrator is made.
    site.restart().await;
    assert!(!site.state().join("first-password").exists());
    let mut again = site.enter("ADMIN ", GOOD).await.unwrap();
    again.token = admin.token;
    again.refresh().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_new_until_somebody_has_logged_in() {
    let mut site = Site::start().await;
    let first_start =
        async |site: &Site| site.client("relay/0").welcome(Empty {}).await.unwrap().into_inner().first_start;
    assert!(first_start(&site).await);
    assert!(site.enter("admin", GOOD).await.is_err());
    assert!(first_start(&site).await);
    site.enter("admin", &site.first_password()).await.unwrap();
    assert!(!first_start(&site).await);
    site.restart().await;
    assert!(!first_start(&site).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_and_a_wrong_password_look_alike() {
    let site = Site::start().await;
    let wrong = site.enter("admin", GOOD).await.err().unwrap();
    for name in ["nobody", "", "../admin", "admin\0", &"x".repeat(100_000)] {
        let unknown = site.enter(name, GOOD).await.err().unwrap();
        assert_eq!(unknown, wrong);
    }
    assert_eq!(wrong.code, Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_typed_as_the_name_is_not_kept() {
    let site = Site::start().await;
    let mut admin = site.administrator().await;
    site.enter(GOOD, "").await.err().unwrap();
    site.enter("admin", "wrong").await.err().unwrap();
    let request = admin.call(AuditRequest { limit: 0 });
    let entries = admin.client.audit(request).await.unwrap().into_inner().entries;
    let failed: Vec<&str> = entries.iter().filter(|e| !e.allowed).map(|e| e.user.as_str()).collect();
    assert_eq!(failed.len(), 2);
    assert!(failed.contains(&"(unknown)") && failed.contains(&"admin"), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_logins_have_to_wait_and_a_good_one_ends_that() {
    let site = Site::start().await;
    let once = site.first_password();
    for _ in 0..5 {
        assert_eq!(site.enter("admin", "wrong").await.err().unwrap().code, Code::Unauthenticated);
    }
    // Also with the right password, and the name in another form.
    let throttled = site.enter(" Admin", &once).await.err().unwrap();
    assert_eq!((throttled.code, throttled.retry_after_s), (Code::Throttled, 1));
    site.later(Duration::from_secs(2));
    site.enter("admin", "wrong").await.err().unwrap();
    assert_eq!(site.enter("admin", &once).await.err().unwrap().retry_after_s, 2);
    site.later(Duration::from_secs(3));
    site.enter("admin", &once).await.unwrap();
    for _ in 0..4 {
        assert_eq!(site.enter("admin", "wrong").await.err().unwrap().code, Code::Unauthenticated);
    }
    site.enter("admin", &once).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgives_no_failed_login() {
    let mut site = Site::start().await;
    let once = site.first_password();
    for _ in 0..5 {
        site.enter("admin", "wrong").await.err().unwrap();
    }
    site.later(Duration::from_secs(2));
    site.enter("admin", "wrong").await.err().unwrap();
    site.restart().await;
    let throttled = site.enter("admin", &once).await.err().unwrap();
    assert_eq!((throttled.code, throttled.retry_after_s), (Code::Throttled, 2));
    site.later(Duration::from_secs(3));
    site.enter("admin", &once).await.unwrap();
    // The good one is remembered too.
    site.restart().await;
    site.enter("admin", &once).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_many_names_has_to_wait() {
    let site = Site::start().await;
    let mut relay = site.client("relay/0");
    let mut attempt = async |name: String, address: &'static str| {
        let mut request = tonic::Request::new(LoginRequest { name, password: "guess".into() });
        request.metadata_mut().insert(runtime::caller::PEER, address.parse().unwrap());
        failure(relay.login(request).await).code
    };
    for i in 0..30 {
        assert_eq!(attempt(format!("user{i}"), "192.0.2.7").await, Code::Unauthenticated);
    }
    assert_eq!(attempt("fresh".into(), "192.0.2.7").await, Code::Throttled);
    assert_eq!(attempt("fresh".into(), "192.0.2.8").await, Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_by_idleness_and_by_age() {
    let site = Site::start().await;
    let mut idle = site.administrator().await;
    site.later(11 * HOUR);
    idle.refresh().await.unwrap();
    site.later(11 * HOUR);
    idle.refresh().await.unwrap();
    site.later(13 * HOUR);
    assert_eq!(idle.refresh().await.unwrap_err().code, Code::Expired);

    let mut busy = site.enter("admin", GOOD).await.unwrap();
    for _ in 0..(7 * 24 / 8 - 1) {
        site.later(8 * HOUR);
        busy.refresh().await.unwrap();
    }
    site.later(8 * HOUR);
    assert_eq!(busy.refresh().await.unwrap_err().code, Code::Expired);
    busy.token = "no token".into();
    assert_eq!(busy.refresh().await.unwrap_err().code, Code::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_ends_one_login_and_a_new_password_all_others() {
    let site = Site::start().await;
    let mut one = site.administrator().await;
    let mut two = site.enter("admin", GOOD).await.unwrap();
    let mut three = site.enter("admin", GOOD).await.unwrap();
    two.client.logout(two.call(Empty {})).await.unwrap();
    assert_eq!(two.refresh().await.unwrap_err().code, Code::Expired);
    three.refresh().await.unwrap();
    one.change_password(GOOD, "another four words").await.unwrap();
    one.refresh().await.unwrap();
    assert_eq!(three.refresh().await.unwrap_err().code, Code::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_logins_are_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    let backend = std::sync::Arc::new(store::Memory::new());
    let lasting = crate::register::Lasting { idle_ms: 1_000, whole_ms: 10_000 };
    let time = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let clock = time.clone();
    let clock: crate::Clock = std::sync::Arc::new(move || clock.load(std::sync::atomic::Ordering::Relaxed));
    let register = crate::register::Register::open(backend, folder.path(), lasting, clock).await.unwrap();
    let once = std::fs::read_to_string(folder.path().join("first-password")).unwrap();
    register.login("admin", once.trim(), "").await.unwrap();
    time.store(900, std::sync::atomic::Ordering::Relaxed);
    let kept = register.login("admin", once.trim(), "").await.unwrap();
    time.store(1_100, std::sync::atomic::Ordering::Relaxed);
    register.sweep().await.unwrap();
    assert_eq!(register.records.all::<crate::records::Login>().await.unwrap().len(), 1);
    register.authenticate(&kept.token).await.unwrap();
}

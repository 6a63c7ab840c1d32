//! A change that waited for others is judged by what they have left of the caller's rights.

use std::sync::Arc;

use api::v1::*;
use api::{Code, Failure};
use runtime::caller::now_s;
use runtime::{Caller, Signer, Verifier};

use crate::records::{Group, Shares, User};
use crate::register::{Lasting, Register};

async fn register(folder: &std::path::Path) -> Register {
    let lasting = Lasting { idle_ms: 1_000_000, whole_ms: 1_000_000 };
    let clock: crate::Clock = Arc::new(runtime::caller::now_ms);
    Register::open(Arc::new(store::Memory::new()), folder, lasting, clock).await.unwrap()
}

async fn user(register: &Register, name: &str, administrator: bool) -> (User, Caller) {
    let user = register.new_user(name, "", administrator, "four words in a row".into()).await.unwrap();
    register.records.create(name, &user).await.unwrap();
    let (signer, _) = Signer::generate().unwrap();
    let verifier = Verifier::default();
    verifier.set_keys(vec![signer.public_key()]);
    let assertion = Assertion {
        user_id: user.id.clone(),
        user_name: name.into(),
        administrator,
        issued_s: now_s(),
        expires_s: now_s() + 300,
        ..Assertion::default()
    };
    (user, verifier.verify(signer.sign(&assertion)).unwrap())
}

/// What becomes of a call that waits while something is changed.
async fn meanwhile<T>(
    register: &Register,
    call: impl Future<Output = Result<T, Failure>>,
    change: impl Future<Output = ()>,
) -> Option<Code> {
    let turn = register.change().await.unwrap();
    let mut call = Box::pin(call);
    tokio::select! {
        biased;
        _ = &mut call => panic!("it did not wait"),
        () = std::future::ready(()) => {}
    }
    change.await;
    drop(turn);
    call.await.err().map(|failure| failure.code)
}

#[tokio::test]
async fn an_owner_who_is_taken_out_gives_nothing_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let register = register(folder.path()).await;
    let (ada, by_ada) = user(&register, "ada", false).await;
    let (eve, by_eve) = user(&register, "eve", false).await;
    register.grant_owner(&ada, "p").await.unwrap();
    let share = |name: &str, right: Right| ShareRequest {
        project: "p".into(),
        subject: Some(share_request::Subject::User(name.into())),
        right: right as i32,
    };
    register.share(&by_ada, share("eve", Right::Owner)).await.unwrap();
    let again = register.share(&by_eve, share("eve", Right::Owner));
    let taken_out = async {
        let mut shares = register.records.get::<Shares>("p").await.unwrap().unwrap();
        shares.value.users.remove(&eve.id);
        register.records.put(&shares).await.unwrap();
    };
    assert_eq!(meanwhile(&register, again, taken_out).await, Some(Code::NotFound));
    assert_eq!(register.right_of(&eve, "p").await.unwrap(), Right::None);
}

#[tokio::test]
async fn an_administrator_who_is_demoted_changes_nothing_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let register = register(folder.path()).await;
    let (_, by) = user(&register, "ada", true).await;
    user(&register, "bob", false).await;
    register.create_group(&by, "team").await.unwrap();
    let set = async |administrator: bool| {
        let mut ada = register.user("ada").await.unwrap();
        ada.value.administrator = administrator;
        register.records.put(&ada).await.unwrap();
    };
    let name = "ada".to_owned();
    let update = UpdateUserRequest { name: name.clone(), administrator: Some(true), ..Default::default() };
    let members = SetGroupMembersRequest { name: "team".into(), add: vec![name], remove: vec![] };
    let new = CreateUserRequest { name: "eve".into(), administrator: true, ..Default::default() };
    macro_rules! calls {
        ($($method:ident($($argument:expr),*);)*) => {$({
            set(true).await;
            let said = meanwhile(&register, register.$method(&by, $($argument),*), set(false)).await;
            assert_eq!(said, Some(Code::Denied), stringify!($method));
        })*};
    }
    calls! {
        create_user(new);
        update_user(update);
        delete_user("bob");
        reset_password("bob");
        create_group("other");
        set_members(members);
        delete_group("team");
    }
    let team = register.records.get::<Group>("team").await.unwrap().unwrap();
    assert!(team.value.members.is_empty());
}

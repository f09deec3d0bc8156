//! Any bytes on the pipe between a service and its workers.

use futures_util::FutureExt;
use serde_bytes::ByteBuf;

use common::page::PreparedPage;
use common::worker::fuzzing::{bodies, bodies_async, messages};

/// Both ends see the same frames, and what they can read they write as it was.
pub fn worker_frames(bytes: &[u8]) {
    let bodies = bodies(bytes);
    assert_eq!(bodies_async(bytes).now_or_never().as_ref(), Some(&bodies));
    // Frames are rare in random bytes: the rest of the input is tried as a body too.
    for body in bodies.iter().map(Vec::as_slice).chain([bytes]) {
        assert_stable(body, messages::<String>);
        assert_stable(body, messages::<ByteBuf>);
        assert_stable(body, messages::<(u32, Option<PreparedPage>)>);
    }
}

fn assert_stable(body: &[u8], messages: fn(&[u8]) -> Vec<Vec<u8>>) {
    for frame in messages(body) {
        let [again] = bodies(&frame).try_into().expect("a frame is one frame");
        assert!(messages(&again).contains(&frame), "a message changes when it is passed on");
    }
}

//! Waiting for several things at once, without tasks: what is dropped is stopped at once.

use std::future::poll_fn;
use std::task::Poll;

/// Runs every future to its end, all at the same time; results stand in the futures' order.
pub(super) async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures
        .into_iter()
        .map(|future| (Box::pin(future), None))
        .collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *output = Some(value),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn results_keep_their_order_whichever_ends_first() {
        let (sender, receiver) = oneshot::channel();
        let mut sender = Some(sender);
        let mut receiver = Some(receiver);
        let futures = (0..2).map(|index| {
            let receive = receiver.take();
            let send = (index == 1).then(|| sender.take()).flatten();
            async move {
                if let Some(send) = send {
                    send.send("from the second").unwrap();
                    return "second";
                }
                receive.unwrap().await.unwrap()
            }
        });
        assert_eq!(together(futures).await, ["from the second", "second"]);
        assert!(
            together(Vec::<std::future::Ready<()>>::new())
                .await
                .is_empty()
        );
    }
}

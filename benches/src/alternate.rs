//! Runs in turns: whatever slows the machine down for a while slows each contestant down.

use std::time::Instant;

use crate::Outcome;

/// How often each contestant runs: often and briefly, so that most runs are not interrupted.
pub(crate) const ROUNDS: usize = 101;

/// Nanoseconds per call of each contestant: one list of [`ROUNDS`] runs for each, the n-th run of all of
/// them next to each other in time. Each round begins with another contestant, and one round before the
/// first is not counted.
pub(crate) fn times(calls: u32, contestants: &mut [&mut dyn FnMut() -> Outcome]) -> Outcome<Vec<Vec<f64>>> {
    let mut times = vec![Vec::with_capacity(ROUNDS); contestants.len()];
    for round in 0..=ROUNDS {
        for turn in 0..contestants.len() {
            let place = (round + turn) % contestants.len();
            let (Some(contestant), Some(times)) = (contestants.get_mut(place), times.get_mut(place)) else {
                continue;
            };
            let since = Instant::now();
            for _ in 0..calls {
                contestant()?;
            }
            if round > 0 {
                times.push(since.elapsed().as_nanos() as f64 / f64::from(calls));
            }
        }
    }
    Ok(times)
}

/// The middle of the sorted figures.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The figure that this share of the figures does not exceed.
pub(crate) fn quantile(figures: &[f64], share: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// The median of ours to theirs, run by run. Nothing beside nothing is as much.
pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let each = |(ours, theirs): (&f64, &f64)| if ours == theirs { 1.0 } else { ours / theirs };
    median(&ours.iter().zip(theirs).map(each).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_one_of_the_figures() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[9.0]), 9.0);
    }

    #[test]
    fn a_quantile_is_exceeded_by_no_more_than_the_rest() {
        let figures: Vec<f64> = (1..=1000).rev().map(f64::from).collect();
        assert_eq!((quantile(&figures, 0.5), quantile(&figures, 0.99)), (500.0, 990.0));
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
    }

    #[test]
    fn a_ratio_is_taken_run_by_run() {
        assert_eq!(ratio(&[2.0, 40.0, 6.0], &[1.0, 10.0, 2.0]), 3.0);
        assert_eq!(ratio(&[0.0], &[0.0]), 1.0);
    }

    #[test]
    fn every_contestant_runs_as_often() {
        let (mut one, mut two) = (0, 0);
        let mut first = || {
            one += 1;
            Ok(())
        };
        let mut second = || {
            two += 1;
            Ok(())
        };
        let times = times(3, &mut [&mut first, &mut second]).unwrap();
        assert_eq!(times.iter().map(Vec::len).collect::<Vec<_>>(), [ROUNDS, ROUNDS]);
        assert_eq!((one, two), (306, 306));
    }
}

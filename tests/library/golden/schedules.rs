//! Learning-rate schedules: the rate at many steps.

use kerust::Config;
use kerust::optimizers::schedules;
use kerust::prelude::*;

use super::{FORWARD, Golden, list, number, same_config, text};

#[test]
fn schedules_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("schedules");
    for case in &cases {
        let config = Config::from_json(&case["config"].to_string())?;
        let schedule = schedules::from_config(text(&case["class_name"]), &config)?;
        same_config(case, &schedule.get_config()?);
        schedule.check()?;
        let steps = list(&case["steps"]).iter();
        let ours: Vec<f64> = steps
            .map(|step| f64::from(schedule.call(number(step) as u64)))
            .collect();
        let keras: Vec<f64> = list(&case["rates"]).iter().map(number).collect();
        golden.compare_numbers(case, "rates", FORWARD, &ours, &keras);
        golden.done();
    }
    golden.finish(15, &[]);
    Ok(())
}

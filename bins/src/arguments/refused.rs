//! Options of Celery's worker that mean nothing here: whoever gives one is told what to do instead.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// The options that are refused; there is none once a command line was understood.
#[derive(Clone, Copy, Debug)]
pub struct Refused;

/// An option that is refused.
struct Option {
    long: &'static str,
    short: char,
    instead: &'static str,
}

/// No short form.
const NONE: char = '\0';

const SUPERVISED: &str =
    "whoever supervises the worker keeps track of it (systemd, a container); leave it out";
const ONE_PROCESS: &str = "tasks run side by side in one process, -c of them, and there are no pools to choose from; leave it out";
const NO_CHILDREN: &str = "there are no child processes to end; let whoever supervises the worker limit its memory (systemd: \
                           MemoryMax=): if it is killed, its tasks are done by others; leave it out";
const OWN_BEAT: &str = "the beat is a program of its own; start the program `beat` beside the workers, as many as you like, and \
                        leave it out";
const COMPILED: &str = "the tasks are part of this program, and no module is loaded; leave it out";

const REFUSED: [Option; 16] = [
    refused("app", 'A', COMPILED),
    refused("include", 'I', COMPILED),
    refused("pool", 'P', ONE_PROCESS),
    refused(
        "autoscale",
        NONE,
        "there are no processes to add or remove; say -c, as high as you allow, and leave it out",
    ),
    refused("max-tasks-per-child", NONE, NO_CHILDREN),
    refused("max-memory-per-child", NONE, NO_CHILDREN),
    refused("beat", 'B', OWN_BEAT),
    refused("schedule-filename", 's', OWN_BEAT),
    refused("scheduler", NONE, OWN_BEAT),
    refused(
        "statedb",
        'S',
        "which tasks are revoked is kept in Redis, for workers that start later as well; leave it out",
    ),
    refused("pidfile", NONE, SUPERVISED),
    refused("detach", 'D', SUPERVISED),
    refused("uid", NONE, SUPERVISED),
    refused("gid", NONE, SUPERVISED),
    refused(
        "logfile",
        'f',
        "the log goes to standard error; redirect that, and leave it out",
    ),
    refused(
        "broker",
        'b',
        "where Redis is says the setting REDIS_URL; set that, and leave it out",
    ),
];

const fn refused(long: &'static str, short: char, instead: &'static str) -> Option {
    Option {
        long,
        short,
        instead,
    }
}

impl Args for Refused {
    fn augment_args(command: Command) -> Command {
        let arguments = REFUSED.iter().map(|option| {
            let argument = Arg::new(option.long).long(option.long);
            let argument = match option.short {
                NONE => argument,
                short => argument.short(short),
            };
            argument
                .hide(true)
                .num_args(0..=1)
                .default_missing_value("")
                .action(ArgAction::Append)
        });
        command.args(arguments)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Refused {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        match REFUSED.iter().find(|it| matches.contains_id(it.long)) {
            None => Ok(Self),
            Some(Option { long, instead, .. }) => {
                let words = format!("--{long} means nothing here: {instead}\n");
                Err(Error::raw(ErrorKind::ArgumentConflict, words))
            }
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        Self::from_arg_matches(matches).map(|_| ())
    }
}

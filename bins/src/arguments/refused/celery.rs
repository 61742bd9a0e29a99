//! What people who come from Celery may say, and what to do instead.

use super::{Refusal, Refusals};

/// What a worker refuses.
pub(in crate::arguments) const OF_THE_WORKER: Refusals = Refusals {
    options: &[OF_ALL, OF_DAEMONS, WORKING],
    commands: &[
        Refusal::new("worker", "this program is the worker; leave it out"),
        Refusal::new("beat", OWN_BEAT),
    ],
    behind: &[],
};

/// What a beat refuses.
pub(in crate::arguments) const OF_THE_BEAT: Refusals = Refusals {
    options: &[OF_ALL, OF_DAEMONS, BEATING],
    commands: &[Refusal::new(
        "beat",
        "this program is the beat; leave it out",
    )],
    behind: &[],
};

/// What everything in one process refuses.
pub(in crate::arguments) const OF_EVERYTHING: Refusals = Refusals {
    options: &[OF_ALL],
    commands: &[
        Refusal::new(
            "worker",
            "the worker is a program of its own; start the program `worker`, with the options behind it",
        ),
        Refusal::new(
            "beat",
            "the beat is a program of its own; start the program `beat`, with the options behind it",
        ),
        Refusal::new("status", ASK),
        Refusal::new("control", ASK),
        Refusal::new("events", ASK),
        Refusal::new("flower", ASK),
        Refusal::new("call", ASK),
        Refusal::new("result", ASK),
        Refusal::new(
            "multi",
            "start the program `worker` as often as you like; whoever supervises the programs keeps track of them (systemd, a container)",
        ),
    ],
    behind: &[("inspect", ASKED)],
};

/// What the HTTP API refuses, of which there is none in Celery.
pub(in crate::arguments) const NOTHING: Refusals = Refusals {
    options: &[],
    commands: &[],
    behind: &[],
};

/// What Celery's `inspect` asks of workers.
const ASKED: &[Refusal] = &[
    Refusal::new("active", INSPECT),
    Refusal::new("active_queues", INSPECT),
    Refusal::new("clock", INSPECT),
    Refusal::new("conf", INSPECT),
    Refusal::new("memdump", INSPECT),
    Refusal::new("memsample", INSPECT),
    Refusal::new("objgraph", INSPECT),
    Refusal::new("ping", INSPECT),
    Refusal::new("query_task", INSPECT),
    Refusal::new("registered", INSPECT),
    Refusal::new("report", INSPECT),
    Refusal::new("reserved", INSPECT),
    Refusal::new("revoked", INSPECT),
    Refusal::new("scheduled", INSPECT),
    Refusal::new("stats", INSPECT),
];

/// What stands before the command in Celery, for all of its programs.
const OF_ALL: &[Refusal] = &[
    Refusal::short("app", 'A', COMPILED),
    Refusal::short(
        "broker",
        'b',
        "where Redis is says the setting REDIS_URL; set that, and leave it out",
    ),
    Refusal::new(
        "result-backend",
        "where results are kept says the setting CELERY_CONF_RESULT_BACKEND; set that, and leave it out",
    ),
    Refusal::new("loader", COMPILED),
    Refusal::new(
        "config",
        "settings are no module; set them in the environment, in .env or in backbeat.toml, and leave it out",
    ),
    Refusal::new(
        "workdir",
        "the working directory is where the program is started; start it there, and leave it out",
    ),
    Refusal::short(
        "no-color",
        'C',
        "only a terminal is given colours; set NO_COLOR=1 for none, and leave it out",
    ),
    Refusal::short(
        "quiet",
        'q',
        "how much is told says -l; say -l WARNING, and leave it out",
    ),
    Refusal::new(
        "skip-checks",
        "there is no Django to be checked; leave it out",
    ),
];

/// What makes a program of Celery one that runs in the background.
const OF_DAEMONS: &[Refusal] = &[
    Refusal::new("pidfile", SUPERVISED),
    Refusal::new("uid", SUPERVISED),
    Refusal::new("gid", SUPERVISED),
    Refusal::new("umask", SUPERVISED),
    Refusal::new("executable", COMPILED),
    Refusal::short(
        "logfile",
        'f',
        "the log goes to standard error; redirect that, and leave it out",
    ),
];

/// What only a worker of Celery is told.
const WORKING: &[Refusal] = &[
    Refusal::short("include", 'I', COMPILED),
    Refusal::short("pool", 'P', ONE_PROCESS),
    Refusal::new("pool-start-method", ONE_PROCESS),
    Refusal::new(
        "autoscale",
        "there are no processes to add or remove; say -c, as high as you allow, and leave it out",
    ),
    Refusal::new("max-tasks-per-child", NO_CHILDREN),
    Refusal::new("max-memory-per-child", NO_CHILDREN),
    Refusal::new(
        "disable-prefetch",
        "how much is fetched ahead is bounded; say --prefetch-multiplier 1 for the least, and leave it out",
    ),
    Refusal::short("beat", 'B', OWN_BEAT),
    Refusal::short("schedule-filename", 's', OWN_BEAT),
    Refusal::new("schedule", OWN_BEAT),
    Refusal::new("scheduler", OWN_BEAT),
    Refusal::short(
        "statedb",
        'S',
        "which tasks are revoked is kept in Redis, for workers that start later as well; leave it out",
    ),
    Refusal::short("detach", 'D', SUPERVISED),
];

/// What only a beat of Celery is told.
const BEATING: &[Refusal] = &[
    Refusal::new("detach", SUPERVISED),
    Refusal::short(
        "schedule",
        's',
        "what was sent when is kept in the database (DATABASE_URL), which any number of beats may share; leave it out",
    ),
    Refusal::short(
        "scheduler",
        'S',
        "what is due when stands in CELERY_CONF_BEAT_SCHEDULE; write the entries of the database scheduler there, and leave it out",
    ),
    Refusal::new("max-interval", "a beat looks twice a second; leave it out"),
    Refusal::new("enable-remote-control", NO_COMMANDS),
    Refusal::new("no-enable-remote-control", NO_COMMANDS),
    Refusal::short("hostname", 'n', NO_COMMANDS),
];

const ASK: &str = "Celery's own command line asks our workers; give it the URL of your Redis (celery -b redis://…)";
const COMPILED: &str = "the tasks are part of this program, and no module is loaded; leave it out";
const INSPECT: &str = "`backbeat inspect` lists all there is, and asks nobody; leave it out, or ask our workers by Celery's own \
                       command line, with the URL of your Redis (celery -b redis://… inspect …)";
const NO_CHILDREN: &str = "there are no child processes to end; let whoever supervises the worker limit its memory (systemd: \
                           MemoryMax=): if it is killed, its tasks are done by others; leave it out";
const NO_COMMANDS: &str =
    "a beat answers no commands; leave it out (`backbeat inspect` shows what it fired)";
const ONE_PROCESS: &str = "tasks run side by side in one process, -c of them, and there are no pools to choose from; leave it out";
const OWN_BEAT: &str = "the beat is a program of its own; start the program `beat` beside the workers, as many as you like, and \
                        leave it out";
const SUPERVISED: &str =
    "whoever supervises the program keeps track of it (systemd, a container); leave it out";

//! Words that are understood, but only to say what to do instead.

pub(super) mod celery;

use clap::{Arg, ArgAction, ArgMatches, Command};

/// What a program refuses.
pub struct Refusals {
    /// Options, wherever they stand.
    pub options: &'static [&'static [Refusal]],
    /// Subcommands, with all that follows them.
    pub commands: &'static [Refusal],
    /// What may follow subcommands of ours, by their names, with all that follows.
    pub behind: &'static [(&'static str, &'static [Refusal])],
}

/// A word that is refused.
pub struct Refusal {
    /// The name of a command, or of an option without its dashes.
    name: &'static str,
    /// The short form of an option.
    short: Option<char>,
    /// What to do instead.
    instead: &'static str,
}

impl Refusals {
    /// `command`, which understands what is refused, too, and does not tell of it.
    pub(super) fn understood_by(&self, command: Command) -> Command {
        let has_commands = command.has_subcommands();
        let options = self.options();
        let command = command
            .disable_help_subcommand(!has_commands)
            .args(options.map(Refusal::as_option))
            .subcommands(self.commands.iter().map(Refusal::as_command));
        self.behind.iter().fold(command, |command, (name, words)| {
            command.mut_subcommand(name, |ours| {
                let refused = words.iter().map(Refusal::as_command);
                ours.disable_help_subcommand(true).subcommands(refused)
            })
        })
    }

    /// A sentence for each of them that is there.
    pub(super) fn within(&self, matches: &ArgMatches) -> impl Iterator<Item = String> {
        let options = self.options().filter(|it| matches.contains_id(it.name));
        let options = options.map(|it| match it.short {
            Some(short) => it.sentence(&format!("-{short} (--{})", it.name)),
            None => it.sentence(&format!("--{}", it.name)),
        });
        let commands = self.commands.iter();
        let commands = commands.filter(|it| matches.subcommand_name() == Some(it.name));
        let behind = self.behind.iter().filter_map(|(name, words)| {
            let word = matches.subcommand_matches(name)?.subcommand_name()?;
            let it = words.iter().find(|it| it.name == word)?;
            Some(it.sentence(&format!("{name} {word}")))
        });
        options
            .chain(commands.map(|it| it.sentence(it.name)))
            .chain(behind)
    }

    fn options(&self) -> impl Iterator<Item = &'static Refusal> {
        self.options.iter().copied().flatten()
    }
}

impl Refusal {
    const fn new(name: &'static str, instead: &'static str) -> Self {
        Self {
            name,
            short: None,
            instead,
        }
    }

    const fn short(name: &'static str, short: char, instead: &'static str) -> Self {
        Self {
            name,
            short: Some(short),
            instead,
        }
    }

    fn as_option(&self) -> Arg {
        Arg::new(self.name)
            .long(self.name)
            .short(self.short)
            .global(true)
            .hide(true)
            .num_args(0..=1)
            .default_missing_value("")
            .action(ArgAction::Append)
    }

    fn as_command(&self) -> Command {
        let rest = Arg::new("rest").num_args(0..);
        let rest = rest.trailing_var_arg(true).allow_hyphen_values(true);
        let command = Command::new(self.name).hide(true).arg(rest);
        command.disable_help_flag(true)
    }

    fn sentence(&self, what: &str) -> String {
        format!("{what} means nothing here: {}", self.instead)
    }
}

//! Groups within groups, as `GroupResult.save` keeps them.

use std::vec::IntoIter;

use serde_json::Value;

/// A group: tasks, and groups.
#[derive(Debug, PartialEq)]
pub(super) struct Group(Vec<Member>);

#[derive(Debug, PartialEq)]
enum Member {
    Task(String),
    Group(Group),
}

impl Group {
    /// The group that was saved; `None` when it is none.
    pub(super) fn read(saved: &[u8]) -> Option<Self> {
        let mut saved: Value = serde_json::from_slice(saved).ok()?;
        let result = saved.get_mut("result")?.take();
        match member(&result)? {
            Member::Group(group) => Some(group),
            Member::Task(_) => None,
        }
    }

    /// The tasks, in their order.
    pub(super) fn ids(&self) -> Vec<&str> {
        let ids = self.0.iter().flat_map(|member| match member {
            Member::Task(id) => vec![id.as_str()],
            Member::Group(group) => group.ids(),
        });
        ids.collect()
    }

    /// The same with results in place of tasks.
    pub(super) fn filled(&self, results: &mut IntoIter<Value>) -> Vec<Value> {
        let filled = self.0.iter().map(|member| match member {
            Member::Task(_) => results.next().unwrap_or_default(),
            Member::Group(group) => group.filled(results).into(),
        });
        filled.collect()
    }
}

/// `[[id, parent], null]` or `[[id, parent], [members]]`.
fn member(saved: &Value) -> Option<Member> {
    let id = saved.get(0)?.get(0)?.as_str()?;
    match saved.get(1)? {
        Value::Null => Some(Member::Task(id.to_owned())),
        Value::Array(members) => {
            let members: Option<_> = members.iter().map(member).collect();
            Some(Member::Group(Group(members?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_stand_where_their_tasks_stood() {
        let saved = json!({"result": [["g", null], [
            [["a", null], null],
            [["h", ["x", null]], [[["b", null], null], [["c", null], null]]],
        ]]});
        let group = Group::read(saved.to_string().as_bytes()).expect("a group");

        assert_eq!(group.ids(), ["a", "b", "c"]);
        let results = vec![json!(1), json!(2), json!(3)];
        assert_eq!(
            group.filled(&mut results.into_iter()),
            [json!(1), json!([2, 3])]
        );
    }

    #[test]
    fn what_is_no_group_is_none() {
        for saved in [
            "",
            "{}",
            r#"{"result": null}"#,
            r#"{"result": [["a", null], null]}"#,
            r#"{"result": [["a"], [1]]}"#,
        ] {
            assert_eq!(Group::read(saved.as_bytes()), None, "{saved}");
        }
    }
}

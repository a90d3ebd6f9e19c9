//! Lists of objects as they are typed: `A,B,"c,d"`.

use crate::project::{Project, objects};

/// The objects of one option, given once or several times. A text that is an object's whole name is
/// that object, whatever it holds; any other is a list.
pub(super) fn split_ids(project: &Project, given: &[String]) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for text in given {
        let may_be_list = text.contains(',') || text.trim_start().starts_with('"');
        if may_be_list && objects::find(project.store(), text).is_err() {
            ids.extend(split_list(text)?);
        } else {
            ids.push(text.clone());
        }
    }
    Ok(ids)
}

/// The parts of a list: commas divide, blanks around a part and empty parts don't count. A part in
/// double quotes may hold commas and blanks, and a quote written twice; a quote that doesn't begin
/// its part is a letter like others.
fn split_list(text: &str) -> anyhow::Result<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or_else(|| {
                anyhow::anyhow!(
                    "'{text}': a double quote is not closed before a comma or the end; \
                     a name that holds a comma is written as in A,\"b,c\", a quote inside quotes twice"
                )
            })?,
            None => {
                let (part, after) = rest.split_once(',').unwrap_or((rest, ""));
                (part.trim().to_owned(), after)
            }
        };
        if !part.is_empty() {
            parts.push(part);
        }
        rest = after.trim_start();
    }
    Ok(parts)
}

/// What a quoted part says and what follows its comma; `text` begins after the opening quote.
/// `None` where no quote closes the part.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        part.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                part.push('"');
                rest = more;
            }
            None => {
                let after = after.trim_start();
                let next = if after.is_empty() {
                    Some("")
                } else {
                    after.strip_prefix(',')
                };
                return next.map(|next| (part, next));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split_list;

    #[test]
    fn a_list_is_divided_at_commas_outside_quotes() {
        let list = |text: &str| split_list(text).unwrap();
        assert_eq!(list("A,B"), ["A", "B"]);
        assert_eq!(list(" A , ,B,"), ["A", "B"]);
        assert_eq!(list(r#"A,"b,c""#), ["A", "b,c"]);
        assert_eq!(list(r#" "b, c" , "d" ,e"#), ["b, c", "d", "e"]);
        assert_eq!(list(r#""say ""hi"", you",x"#), [r#"say "hi", you"#, "x"]);
        assert_eq!(list(r#"12" disc,B"#), [r#"12" disc"#, "B"]);
        assert_eq!(list(r#""similar:b,c:8",#5"#), ["similar:b,c:8", "#5"]);
        assert_eq!(list(r#""""#), [""; 0]);
        assert_eq!(list(""), [""; 0]);
    }

    #[test]
    fn an_open_quote_is_said() {
        for text in [r#"A,"b,c"#, r#""a"b"#, r#"""#, r#""a"""#] {
            let error = split_list(text).unwrap_err().to_string();
            assert!(error.contains("quote") && error.contains(text), "{error}");
        }
    }
}

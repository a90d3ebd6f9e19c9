//! Catalogues against astropy's and pandas' reading of them, round trips and damaged files.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use crate::support::{golden, shared};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::DataType;
use astrolabel::io::catalog::table::field;
use astrolabel::io::catalog::*;
use astrolabel::io::export::{write_catalog, write_vectors};
use astrolabel::io::frame::SkyFrame;
use astrolabel::progress::Silent;
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn read(path: &Path) -> Table {
    read_catalog(path, &Silent).unwrap_or_else(|e| panic!("{e}"))
}

fn read_text(name: &str, content: impl AsRef<[u8]>) -> Result<Table, CatalogError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    read_catalog(&path, &Silent)
}

/// A column's cells as JSON; NaN outside vectors and missing as null.
fn values(array: &ArrayRef) -> Vec<Value> {
    (0..array.len())
        .map(|i| {
            if array.is_null(i) {
                return Value::Null;
            }
            match array.data_type() {
                DataType::Boolean => array.as_boolean().value(i).into(),
                DataType::Utf8 => array.as_string::<i32>().value(i).into(),
                DataType::FixedSizeList(..) => values(&array.as_fixed_size_list().value(i)).into(),
                t if t.is_integer() => {
                    let wide = arrow::compute::cast(array, &DataType::Int64).unwrap();
                    wide.as_primitive::<arrow::datatypes::Int64Type>().value(i).into()
                }
                _ => {
                    let wide = arrow::compute::cast(array, &DataType::Float64).unwrap();
                    wide.as_primitive::<arrow::datatypes::Float64Type>()
                        .value(i)
                        .into()
                }
            }
        })
        .collect()
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => {
            // Integers exactly, and floats too: every reader parses to the nearest double.
            (a.is_i64() && b.is_i64() && a == b) || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64())
        }
        _ => a == b,
    }
}

#[test]
fn golden_files_read_as_astropy_reads_them() {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(golden("catalog/expected.json")).unwrap()).unwrap();
    for (file, columns) in expected.as_object().unwrap() {
        let table = read(&golden(&format!("catalog/{file}")));
        let columns = columns.as_object().unwrap();
        assert_eq!(
            table.names().len(),
            columns.len(),
            "{file}: {:?} {:?}",
            table.names(),
            table.meta
        );
        for (name, facts) in columns {
            let unit = table.unit(name).unwrap_or_default();
            assert_eq!(unit, facts["unit"].as_str().unwrap(), "{file}: unit of {name}");
            let got = values(table.column(name).unwrap());
            let want = facts["values"].as_array().unwrap();
            assert_eq!(got.len(), want.len(), "{file}: rows");
            for (row, (a, b)) in got.iter().zip(want).enumerate() {
                // For astropy a missing string is empty.
                let both_empty = a.is_null() && b.as_str() == Some("");
                assert!(both_empty || same(a, b), "{file}: {name}[{row}] is {a}, not {b}");
            }
        }
    }
}

#[test]
fn odd_csv() {
    let t = read_text(
        "odd.csv",
        "\u{feff}# made by hand\nid,ra,\"name, long\",,ra,big\r\n00123,1.5,\"a \"\"b\"\"\",True,1,99999999999999999999\r\n00007,,\"two\nlines\",False,2,1\r\n\r\n00001,-2e3,5\" apertures,--,3,NaN\r\n",
    )
    .unwrap();
    assert_eq!(t.names(), ["id", "ra", "name, long", "col4", "ra_2", "big"]);
    assert_eq!(t.texts("id").unwrap(), ["00123", "00007", "00001"]);
    assert_eq!(
        values(t.column("ra").unwrap()),
        [1.5.into(), Value::Null, (-2e3).into()]
    );
    assert_eq!(
        t.texts("name, long").unwrap(),
        ["a \"b\"", "two\nlines", "5\" apertures"]
    );
    assert_eq!(
        values(t.column("col4").unwrap()),
        [true.into(), false.into(), Value::Null]
    );
    assert_eq!(t.column("ra_2").unwrap().data_type(), &DataType::Int64);
    assert_eq!(
        values(t.column("big").unwrap()),
        ["99999999999999999999".into(), "1".into(), Value::Null]
    );
    // Latin-1, ragged rows, no header, types told by the very last row.
    let t = read_text("l.csv", b"a,name\n1,caf\xe9\n2\n3,x\n").unwrap();
    assert_eq!(t.texts("name").unwrap(), ["café", "x"]);
    assert!(
        t.meta.iter().any(|(k, v)| k == NOTE && v.contains("data row 2")),
        "{:?}",
        t.meta
    );
    let t = read_text("n.csv", "1,2.5\n3,4.5\n").unwrap();
    assert_eq!((t.names(), t.rows()), (vec!["col1", "col2"], 2));
    let mut long = "a,b\n".to_owned();
    (0..200_000).for_each(|i| long.push_str(&format!("{i},NA\n")));
    let t = read_text("t.csv", format!("{long}x1,2\n")).unwrap();
    assert_eq!(t.rows(), 200_001);
    assert_eq!(t.texts("a").unwrap()[199_999], "199999");
    assert_eq!(t.column("b").unwrap().data_type(), &DataType::Int64);
    let wrong = read_text(
        "w.csv",
        "a,b,c\n".to_owned() + &"1,2,3\n".repeat(50) + &"1,2\n".repeat(11),
    )
    .unwrap_err();
    assert!(wrong.to_string().contains("data row 51"), "{wrong}");
    let vizier = read_text(
        "v.tsv",
        "#INFO x\nRAJ2000\tDEJ2000\ndeg\tdeg\n-------\t-------\n1.5\t-2.5\n",
    )
    .unwrap();
    assert_eq!((vizier.unit("RAJ2000"), vizier.rows()), (Some("deg"), 1));
}

/// What the reader said about a table.
fn notes(t: &Table) -> Vec<&str> {
    t.meta
        .iter()
        .filter(|(k, _)| k == NOTE)
        .map(|(_, v)| v.as_str())
        .collect()
}

#[test]
fn no_row_that_begins_with_a_hash_vanishes_unsaid() {
    // Objects called `#12` below a header; a remark; a row without its last field.
    let t = read_text(
        "ids.csv",
        "# a survey\nid,ra,dec\n#12,1.5,2.5\nx,3.5,4.5\n# one, two, three\n#13,5.5,6.5\n#14,7.5\n",
    )
    .unwrap();
    assert_eq!(t.texts("id").unwrap(), ["#12", "x", "#13"]);
    assert_eq!(t.numbers("dec").unwrap(), [2.5, 4.5, 6.5]);
    assert_eq!(
        notes(&t),
        [
            "2 lines begin with `#` among the rows and were read as data, for all columns are there: \
             the first is line 3",
            "2 lines begin with `#` among the rows and were taken as comments: the first is line 5"
        ]
    );
    // Above the data all are comments, the last one with the names, and nothing is said.
    for text in [
        "# by hand\n# id ra dec\n1 2 3\n4 5 6\n",
        "\n#by,hand,too\n#id,ra,dec\n1,2,3\n",
    ] {
        let t = read_text("h.txt", text).unwrap();
        assert_eq!(t.names(), ["id", "ra", "dec"]);
        assert!(notes(&t).is_empty(), "{:?}", notes(&t));
    }
    // Between spaces a remark has as many words as there are columns by chance.
    let t = read_text("s.txt", "name ra dec\n#1 2 3\n# lost words\n#2 4 5\n").unwrap();
    assert_eq!((t.rows(), t.numbers("ra").unwrap()), (2, vec![2.0, 4.0]));
    assert_eq!(notes(&t).len(), 2, "{:?}", notes(&t));
    // A quote a remark opens doesn't reach into the rows, nor do a remark's lines shift rows.
    let t = read_text("q.csv", "id,a\n#\"x,1\n1,\"two\nlines\"\n#end\n").unwrap();
    assert_eq!(t.texts("a").unwrap(), ["1", "two\nlines"]);
    assert_eq!(t.texts("id").unwrap()[0], "#\"x");
    // Text that begins so is quoted when we write it, and isn't spoken of.
    let t = read_text("w.csv", "id,a\n\"#1\",1\n").unwrap();
    assert_eq!(
        (t.texts("id").unwrap(), notes(&t)),
        (vec!["#1".to_owned()], vec![])
    );
    // ECSV too.
    let t = read_text(
        "e.ecsv",
        "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n# - {name: a, datatype: string}\n# - {name: b, datatype: int64}\na,b\n#1,1\n# no\n",
    )
    .unwrap();
    assert_eq!(
        (t.texts("a").unwrap(), t.rows(), notes(&t).len()),
        (vec!["#1".to_owned()], 1, 2)
    );
}

#[test]
fn other_files_are_refused_with_the_reason() {
    let fits = read_text("x.csv", "SIMPLE  =                    T").unwrap_err();
    assert!(matches!(fits, CatalogError::IsFits { .. }));
    for (name, content, says) in [
        ("a.vot", "<html></html>", "<html>"),
        ("b.vot", "<VOTABLE><RESOURCE><TABLE>", "cut off"),
        ("c.vot", "<!DOCTYPE x [<!ENTITY a \"b\">]><VOTABLE/>", "entities"),
        (
            "d.vot",
            "<VOTABLE><RESOURCE><TABLE><FIELD name='a' datatype='char' arraysize='*'/><DATA><TABLEDATA><TR><TD>&lol;</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>",
            "lol",
        ),
        (
            "e.vot",
            "<VOTABLE><RESOURCE><TABLE><FIELD name='a' datatype='int'/><DATA><FITS><STREAM/></FITS></DATA></TABLE></RESOURCE></VOTABLE>",
            "FITS",
        ),
        (
            "f.vot",
            "<VOTABLE><RESOURCE><INFO name='QUERY_STATUS' value='ERROR'/></RESOURCE></VOTABLE>",
            "failed query",
        ),
        ("g.csv", "", "empty"),
        ("h.parquet", "PAR1PAR1", "Parquet"),
    ] {
        let error = read_text(name, content).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains(name), "{error}");
    }
}

#[test]
fn votable_oddities() {
    let t = read_text(
        "x.xml",
        "<v:VOTABLE version='1.1' xmlns:v='http://www.ivoa.net/xml/VOTable/v1.1'><v:RESOURCE><v:PARAM name='p' datatype='int' value='3'/>\
         <v:TABLE name='empty'><v:FIELD name='q' datatype='int'/></v:TABLE>\
         <v:TABLE><v:FIELD name='a' datatype='int' ucd='meta.id'><v:VALUES null='-9'/></v:FIELD><v:FIELD name='v' datatype='float' arraysize='*'/>\
         <v:FIELD name='s' datatype='char' arraysize='*'/><v:DATA><v:TABLEDATA>\
         <v:TR><v:TD>-9</v:TD><v:TD>1 2</v:TD><v:TD><![CDATA[<x>]]>&amp;&#233;</v:TD></v:TR><v:TR><v:TD>0x10</v:TD><v:TD/></v:TR><v:TR><v:TD>what</v:TD></v:TR>\
         </v:TABLEDATA></v:DATA></v:TABLE><v:TABLE><v:FIELD name='z' datatype='int'/></v:TABLE></v:RESOURCE></v:VOTABLE>",
    )
    .unwrap();
    assert_eq!(t.names(), ["a", "s"]);
    assert_eq!(
        values(t.column("a").unwrap()),
        [Value::Null, 16.into(), Value::Null]
    );
    assert_eq!(
        values(t.column("s").unwrap()),
        ["<x>&é".into(), Value::Null, Value::Null]
    );
    assert!(t.meta.contains(&("p".to_owned(), "3".to_owned())), "{:?}", t.meta);
    for part in ["3 tables", "`v`", "`what` in row 3"] {
        assert!(
            t.meta.iter().any(|(k, v)| k == NOTE && v.contains(part)),
            "{part}: {:?}",
            t.meta
        );
    }
}

#[test]
fn roles_of_common_catalogues() {
    let of = |csv: &str| {
        let t = read_text("r.csv", csv).unwrap();
        let roles = guess_roles(&t);
        let sky = sky_positions(&t, &roles).unwrap_or_default();
        (roles, sky)
    };
    let (r, sky) = of("NUMBER,X_IMAGE,Y_IMAGE,ALPHA_J2000,DELTA_J2000,CLASS\n1,5,6,83.6,-5.4,star\n");
    assert_eq!(
        [&r.id, &r.x, &r.ra].map(|c| c.as_deref()),
        [Some("NUMBER"), Some("X_IMAGE"), Some("ALPHA_J2000")]
    );
    assert!(
        r.x_is_one_based && !r.ra_is_hours && r.label.as_deref() == Some("CLASS"),
        "{r:?}"
    );
    assert_eq!(sky, [(83.6, -5.4)]);
    let (r, sky) = of("name,ra,dec\nCrab,05 34 31.94,+22:00:52.2\nbad,x,y\n");
    assert!(r.ra_is_hours, "{r:?}");
    assert!((sky[0].0 - 83.63308333333333).abs() < 1e-12 && (sky[0].1 - 22.0145).abs() < 1e-12);
    // A frame that isn't the ICRS is told in the reasons.
    for (names, frame, said) in [
        (
            "_RAB1950,_DEB1950",
            SkyFrame::B1950,
            "ra = _RAB1950 (by its name, FK4 B1950)",
        ),
        (
            "ELON,ELAT",
            SkyFrame::ECLIPTIC_J2000,
            "longitude = ELON (by its name, ecliptic J2000)",
        ),
    ] {
        let (r, sky) = of(&format!("id,{names}\n1,10.5,-20.25\n"));
        assert_eq!((r.frame, sky), (frame, vec![(10.5, -20.25)]));
        assert!(r.why.iter().any(|why| why == said), "{:?}", r.why);
    }
    let (r, _) = of("id,xcentroid,ycentroid,ra,dec\n1,5.5,6.5,1.0,200.0\n");
    assert!(!r.x_is_one_based && r.x.as_deref() == Some("xcentroid"));
    assert_eq!(r.ra, None, "a declination of 200 is none");
    let (r, _) = of("file,label,ra,dec\na.png,spiral,1.0,2.0\n");
    assert_eq!(
        [&r.id, &r.label].map(|c| c.as_deref()),
        [Some("file"), Some("label")]
    );
}

#[test]
fn spitzer_catalogue_and_label_files() {
    if let Some(path) = shared("real/fits_zoo/photutils-datasets/data/spitzer_example_catalog.xml") {
        let t = read(&path);
        let roles = guess_roles(&t);
        assert_eq!((t.rows(), roles.frame), (224, SkyFrame::Galactic));
        assert_eq!(
            (roles.ra.as_deref(), roles.dec.as_deref()),
            (Some("l"), Some("b"))
        );
        assert_eq!(sky_positions(&t, &roles).unwrap()[0], (18.384317, 0.240381));
    }
    for (file, rows, id) in [
        ("euclid_q1_mergers/labels.csv", 2458, "file"),
        ("first_radio/labels.csv", 2158, "file"),
        ("galaxy_zoo_2_sdss/labels.csv", 500, "dr7objid"),
        ("mirabest_fits/labels.csv", 30, "file"),
        ("star_galaxy/labels.csv", 2042, "file"),
    ] {
        if let Some(path) = shared(&format!("real/{file}")) {
            let t = read(&path);
            let roles = guess_roles(&t);
            assert_eq!((t.rows(), roles.id.as_deref()), (rows, Some(id)), "{file}");
            assert_eq!(roles.label.as_deref(), Some("label"), "{file}");
        }
    }
}

/// A table of every kind of column, with hostile text.
fn sample() -> Table {
    let texts = StringArray::from(vec![Some("a,\"b\"\n<&>"), None, Some("é日本"), Some("NaN")]);
    let vectors = arrow::array::FixedSizeListArray::from_iter_primitive::<arrow::datatypes::Float32Type, _, _>(
        (0..4).map(|i| Some(vec![Some(i as f32), Some(0.1)])),
        2,
    );
    let columns: Vec<(&str, ArrayRef, &str)> = vec![
        (
            "id",
            Arc::new(Int64Array::from(vec![Some(1), None, Some(i64::MAX), Some(-5)])),
            "",
        ),
        (
            "ra",
            Arc::new(Float64Array::from(vec![
                Some(0.1),
                Some(1e-300),
                None,
                Some(f64::INFINITY),
            ])),
            "deg",
        ),
        (
            "flag",
            Arc::new(BooleanArray::from(vec![
                Some(true),
                None,
                Some(false),
                Some(true),
            ])),
            "",
        ),
        ("text", Arc::new(texts), ""),
        ("vec", Arc::new(vectors), "mag"),
    ];
    let columns = columns
        .into_iter()
        .map(|(n, a, unit)| (field(n, a.data_type().clone(), unit, "meta.x", "some <words>"), a));
    let mut t = Table::new(columns.collect()).unwrap();
    t.meta.push(("survey".to_owned(), "a \"b\": <c>".to_owned()));
    t
}

#[test]
fn written_catalogues_come_back_equal_here_and_in_astropy() {
    let dir = tempfile::tempdir().unwrap();
    let t = sample();
    for name in ["t.vot", "t.ecsv", "t.parquet", "t.xml.gz"] {
        let path = dir.path().join(name);
        write_catalog(&path, &t).unwrap();
        let back = read(&path);
        assert_eq!(back.names(), t.names(), "{name}");
        for (i, column) in t.names().iter().enumerate() {
            assert_eq!(
                values(back.column(column).unwrap()),
                values(t.column(column).unwrap()),
                "{name}: {column}"
            );
            let (old, new) = (
                t.batch.schema_ref().field(i).clone(),
                back.batch.schema_ref().field(i).clone(),
            );
            assert_eq!(new.metadata(), old.metadata(), "{name}: {column}");
            assert_eq!(new.data_type(), old.data_type(), "{name}: {column}");
        }
        assert!(back.meta.contains(&t.meta[0]), "{name}: {:?}", back.meta);
    }
    write_catalog(&dir.path().join("t.csv"), &t).unwrap();
    assert!(matches!(
        write_catalog(&dir.path().join("t.fits"), &t),
        Err(CatalogError::IsFits { .. })
    ));
    let script = r#"
import warnings, numpy as np, pandas as pd
from astropy.table import Table
warnings.simplefilter("ignore")
for name in ("t.vot", "t.xml.gz", "t.ecsv"):
    kw = {"format": "votable"} if "ecsv" not in name else {"format": "ascii.ecsv"}
    t = Table.read(name, **kw)
    assert t.colnames == ["id", "ra", "flag", "text", "vec"], t.colnames
    assert t["id"][2] == 2**63 - 1 and t["id"][3] == -5 and t["id"].mask.tolist() == [False, True, False, False], name
    assert t["ra"][0] == 0.1 and t["ra"][1] == 1e-300 and np.isinf(t["ra"][3]) and str(t["ra"].unit) == "deg", name
    assert np.ma.is_masked(t["ra"][2]) or np.isnan(t["ra"][2]), name
    assert t["text"][0] == 'a,"b"\n<&>' and t["text"][2] == "é日本", (name, t["text"])
    assert np.array_equal(t["vec"], np.array([[i, .1] for i in range(4)], "f4")), name
    assert t["ra"].description == "some <words>", name
warnings.simplefilter("error")
q = Table.read("t.parquet")
assert q.colnames == ["id", "ra", "flag", "text", "vec"], q.colnames
assert str(q["ra"].unit) == "deg" and q["ra"].description == "some <words>" and q["ra"].meta["ucd"] == "meta.x"
assert list(q["text"]) == ['a,"b"\n<&>', "", "é日本", "NaN"], q["text"]
assert q["ra"][1] == 1e-300 and np.isnan(q["ra"][2]) and np.array_equal(q["vec"], np.array([[i, .1] for i in range(4)], "f4"))
assert q.meta["survey"] == 'a "b": <c>', q.meta
warnings.simplefilter("ignore")
p = pd.read_parquet("t.parquet")
assert p["text"][0] == 'a,"b"\n<&>' and p["vec"][1].tolist() == [1, np.float32(.1)] and p["ra"][1] == 1e-300
c = pd.read_csv("t.csv")
assert list(c.columns) == ["id", "ra", "flag", "text", "vec_0", "vec_1"] and c["text"][0] == 'a,"b"\n<&>' and np.isinf(c["ra"][3])
"#;
    python(dir.path(), script);
}

/// Runs a script in `dir`; skipped where there is no Python with what it draws on.
fn python(dir: &Path, script: &str) {
    let has = "import sys\ntry:\n    import numpy, pandas, pyarrow, astropy\nexcept ImportError:\n    sys.exit(77)\n";
    match Command::new("python3")
        .arg("-c")
        .arg(format!("{has}{script}"))
        .current_dir(dir)
        .output()
    {
        Ok(out) if out.status.code() != Some(77) => {
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        }
        _ => eprintln!("skipped: no python3 with numpy, pandas, pyarrow and astropy"),
    }
}

#[test]
fn vectors_load_in_numpy_and_pandas() {
    let dir = tempfile::tempdir().unwrap();
    let keys: Vec<String> = (0..50).map(|i| format!("images/é{i},.png")).collect();
    let names: Vec<String> = vec!["a".into(), "b, c".into(), "d".into()];
    let mut fill = |i: usize, out: &mut [f32]| {
        out.iter_mut()
            .enumerate()
            .for_each(|(k, v)| *v = i as f32 + k as f32 / 3.0);
    };
    for (file, names) in [
        ("v.csv", &names[..]),
        ("w.csv", &[]),
        ("v.npz", &[]),
        ("v.parquet", &[]),
        ("w.parquet", &names[..]),
    ] {
        write_vectors(&dir.path().join(file), "file", &keys, 3, names, &mut fill).unwrap();
    }
    assert!(
        write_vectors(
            &dir.path().join("v.npz"),
            "file",
            &keys,
            3,
            &names[..1],
            &mut fill
        )
        .is_err()
    );
    python(
        dir.path(),
        r#"
import numpy as np, pandas as pd, zipfile
want = np.arange(50, dtype="f4")[:, None] + np.arange(3, dtype="f4") / np.float32(3)
keys = [f"images/é{i},.png" for i in range(50)]
z = np.load("v.npz", allow_pickle=False)
assert z["files"].tolist() == keys and z["vectors"].dtype == np.float32 and np.array_equal(z["vectors"], want)
assert zipfile.ZipFile("v.npz").testzip() is None
for f in ("v.csv", "w.csv", "w.parquet"):
    t = pd.read_parquet(f) if f.endswith("parquet") else pd.read_csv(f)
    assert t.pop("file").tolist() == keys and np.array_equal(t.to_numpy("f4"), want), f
assert pd.read_csv("w.csv").columns[1] == "v000" and pd.read_csv("v.csv").columns[2] == "b, c"
t = pd.read_parquet("v.parquet")
assert t["file"].tolist() == keys and np.array_equal(np.stack(t["vector"].to_numpy()), want)
"#,
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn csv_and_votable_round_trips(
        rows in prop::collection::vec(("[ -~\\n\\t\"',;<&>é日#-]{0,12}", any::<i64>(), any::<f64>()), 1..20)
    ) {
        let dir = tempfile::tempdir().unwrap();
        // One word makes the column text whatever the others look like.
        let texts: Vec<String> = rows.iter().map(|r| r.0.clone()).chain(["word".to_owned()]).collect();
        let ints: Vec<i64> = rows.iter().map(|r| r.1).chain([1]).collect();
        let floats: Vec<Option<f64>> = rows.iter().map(|r| Some(r.2).filter(|v| v.is_finite())).chain([Some(0.5)]).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("text", Arc::new(StringArray::from(texts.clone()))),
            ("int", Arc::new(Int64Array::from(ints.clone()))),
            ("float", Arc::new(Float64Array::from(floats.clone()))),
        ];
        let table = Table::new(columns.into_iter().map(|(n, a)| (field(n, a.data_type().clone(), "", "", ""), a)).collect()).unwrap();
        for name in ["t.csv", "t.vot", "t.ecsv", "t.csv.gz"] {
            let path = dir.path().join(name);
            write_catalog(&path, &table).unwrap();
            let back = read(&path);
            prop_assert_eq!(back.texts("text").unwrap(), texts.clone(), "{}", name);
            prop_assert_eq!(values(back.column("int").unwrap()), values(table.column("int").unwrap()));
            prop_assert_eq!(values(back.column("float").unwrap()), values(table.column("float").unwrap()));
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0usize..5) {
        let heads = ["", "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a", "<VOTABLE><RESOURCE><TABLE>", "a,b\n", "PAR1"];
        let content = [heads[head].as_bytes(), &bytes].concat();
        let _ = read_text("x", content).map(|t| guess_roles(&t));
    }
}

#[test]
fn damaged_files_give_errors_not_panics() {
    let dir = tempfile::tempdir().unwrap();
    let parquet = dir.path().join("p.parquet");
    write_catalog(&parquet, &sample()).unwrap();
    let mut files: Vec<std::path::PathBuf> = std::fs::read_dir(golden("catalog"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_none_or(|e| e != "py" && e != "json"))
        .collect();
    files.push(parquet);
    files.extend(shared("real/mirabest_fits/labels.csv"));
    files.extend(shared(
        "real/fits_zoo/photutils-datasets/data/spitzer_example_catalog.xml",
    ));
    let mut state = 12345u64;
    let mut random = |n: usize| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize % n.max(1)
    };
    for file in files {
        let whole = std::fs::read(&file).unwrap();
        let target = dir
            .path()
            .join(format!("damaged-{}", file.file_name().unwrap().to_string_lossy()));
        for round in 0..200 {
            let mut bytes = whole.clone();
            if round % 2 == 0 {
                bytes.truncate(random(whole.len()));
            } else {
                for _ in 0..=random(8) {
                    let at = random(bytes.len());
                    bytes[at] = random(256) as u8;
                }
            }
            std::fs::write(&target, bytes).unwrap();
            if let Ok(t) = read_catalog(&target, &Silent) {
                let roles = guess_roles(&t);
                let _ = sky_positions(&t, &roles);
            }
        }
    }
}

#[test]
fn an_export_of_this_program_is_named_by_its_objects_and_odd_positions_are_told() {
    let own = read_text(
        "own.csv",
        "object_id,object,source,cutout_flags,ra_icrs,dec_icrs\n0,NGC 1,a.fits,0,1,2\n",
    )
    .unwrap();
    assert_eq!(guess_roles(&own).id.as_deref(), Some("object"));
    for (ra, dec) in [("meanra", "meandec"), ("RA_1", "DEC_1"), ("RA_J2000", "DE_J2000")] {
        let table = read_text("t.csv", format!("{ra},{dec}\n1.5,2\n")).unwrap();
        assert_eq!(guess_roles(&table).ra.as_deref(), Some(ra));
    }
    let odd = read_text("odd.csv", "ra,dec\n1,95\n2,96\n").unwrap();
    assert_eq!(guess_roles(&odd).ra, None);
    let refused = astrolabel::io::catalog::roles::refused_positions(&odd);
    assert_eq!(refused, Some(("ra".to_owned(), "dec".to_owned())));
}

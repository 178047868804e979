//! Tables in text files.

use kerust::data::{Column, ColumnType, ReadCsv, Table, parse_csv, read_csv, read_csv_with};
use kerust::prelude::*;

use super::{fails, scratch};

fn parse(text: &str) -> Result<Table> {
    parse_csv(text, ReadCsv::default())
}

/// Types and values of all columns; `-` where one is missing.
fn contents(table: &Table) -> Vec<String> {
    let column = |column: &Column| {
        let values = (0..column.len()).map(|row| column.text(row).unwrap_or("-".to_owned()));
        let values: Vec<String> = values.collect();
        format!("{} {}: {}", column.name(), column.dtype(), values.join(" "))
    };
    table.iter().map(column).collect()
}

#[test]
fn types_are_those_of_all_values() -> Result<()> {
    let text = "int,float,bool,text,mixed,empty,long,late\n\
                1,0.5,True,a,1,,12345678901234567890,1\n\
                -2,1e3,false,\"b, \"\"c\"\"\",true,NA,1,2\n\
                +3, .25 ,TRUE,ä,x,null,2,3.5\n";
    let table = parse(text)?;
    assert_eq!(
        contents(&table),
        [
            "int int64: 1 -2 3",
            "float float64: 0.5 1000 0.25",
            "bool bool: true false true",
            "text str: a b, \"c\" ä",
            "mixed str: 1 true x",
            "empty float64: - - -",
            "long str: 12345678901234567890 1 2",
            "late float64: 1 2 3.5",
        ]
    );
    assert_eq!(table.column("int")?.to_tensor()?.dtype(), DType::Int64);
    assert_eq!(table.column("bool")?.to_tensor()?.to_vec::<u8>(), [1, 0, 1]);
    Ok(())
}

#[test]
fn missing_values_keep_the_type_and_are_told_or_filled() -> Result<()> {
    let table = parse("a,b,c,d\n1,1.5,true,x\nNaN,,,NA\n3,n/a,False,\n")?;
    assert_eq!(
        contents(&table),
        [
            "a int64: 1 - 3",
            "b float64: 1.5 - -",
            "c bool: true - false",
            "d str: x - -"
        ]
    );
    fails(
        table.to_tensor(&["a"]),
        &["column `a`: 1 of 3 values are missing", "dropna()"],
    );
    fails(
        table.column("b")?.to_tensor(),
        &["2 of 3 values are missing"],
    );
    fails(
        table.to_tensor(&["d"]),
        &["column `d`", "texts", "factorize()"],
    );
    assert_eq!(
        table.fillna(0.0).to_tensor(&["a", "b"])?.to_vec::<f32>(),
        [1.0, 1.5, 0.0, 0.0, 3.0, 0.0]
    );
    assert_eq!(table.fillna(0.5).column("a")?.dtype(), ColumnType::Float);
    assert_eq!(table.dropna().shape(), (1, 4));
    let (classes, names) = table.column("d")?.factorize()?;
    assert_eq!(
        (classes.to_vec::<i64>(), names),
        (vec![0, -1, -1], vec!["x".to_owned()])
    );
    let text = parse_csv(
        "a\nNA\n?\n",
        ReadCsv {
            keep_default_na: false,
            na_values: vec!["?".into()],
            ..ReadCsv::default()
        },
    )?;
    assert_eq!(contents(&text), ["a str: NA -"]);
    Ok(())
}

#[test]
fn rows_names_and_columns_are_chosen() -> Result<()> {
    let text = "# made by hand\na;b;a;\n1;'x;y';3;4\n5;z;7;8\n\n9;w;1;2\n";
    let how = || ReadCsv {
        sep: ';',
        quotechar: '\'',
        comment: Some('#'),
        ..ReadCsv::default()
    };
    let table = parse_csv(text, how())?;
    assert_eq!(table.columns(), ["a", "b", "a.1", "Unnamed: 3"]);
    assert_eq!(table.column("b")?.to_texts(), ["x;y", "z", "w"]);
    let some = parse_csv(
        text,
        ReadCsv {
            usecols: vec!["a.1".into(), "a".into()],
            dtype: vec![
                ("a".into(), "str".into()),
                ("a.1".into(), ColumnType::Float.into()),
            ],
            nrows: Some(2),
            ..how()
        },
    )?;
    assert_eq!(contents(&some), ["a str: 1 5", "a.1 float64: 3 7"]);
    let bare = parse_csv(
        "1 2\n3 4\n",
        ReadCsv {
            sep: ' ',
            header: Some(false),
            ..ReadCsv::default()
        },
    )?;
    assert_eq!(contents(&bare), ["0 int64: 1 3", "1 int64: 2 4"]);
    let named = ReadCsv {
        names: vec!["x".into(), "y".into()],
        header: Some(true),
        skiprows: 1,
        ..ReadCsv::default()
    };
    let named = parse_csv("\u{feff}to be left out\na,b\n1,2\n", named)?;
    assert_eq!(contents(&named), ["x int64: 1", "y int64: 2"]);
    let marked = parse("\u{feff}\"a\",b\r\n1,2\r\n")?;
    assert_eq!(contents(&marked), ["a int64: 1", "b int64: 2"]);
    let quoted = parse_csv(
        "a#b,c#d\n\"1#2\",\"x\"\"#\"#y\n",
        ReadCsv {
            comment: Some('#'),
            ..ReadCsv::default()
        },
    );
    fails(quoted, &["line 2: expected 1 field, got 2"]);
    Ok(())
}

#[test]
fn bad_rows_are_told_by_their_lines() -> Result<()> {
    let (_folder, path) = scratch("x.csv");
    let lines = "a,b\n1,2\n\"3\n3\",4\n5,6,7\n8\n";
    std::fs::write(&path, lines).expect("a file");
    fails(
        read_csv(&path),
        &[
            "`read_csv`: `",
            "x.csv",
            "line 5: expected 2 fields, got 3",
            "on_bad_lines",
        ],
    );
    let skipping = ReadCsv {
        on_bad_lines: "skip".into(),
        ..ReadCsv::default()
    };
    assert_eq!(read_csv_with(&path, skipping)?.shape(), (2, 2));
    fails(parse("a,b\n1\n"), &["line 2: expected 2 fields, got 1"]);
    fails(
        parse("a;b\n1,2;3\n"),
        &["expected 1 field, got 2", "sep: ';'"],
    );
    fails(parse(""), &["it is empty"]);
    fails(parse("\n\n"), &["it is empty"]);
    assert_eq!(parse("a,b\n")?.shape(), (0, 2));
    std::fs::write(&path, b"a,b\n1,2\n3,\xff\n").expect("a file");
    fails(read_csv(&path), &["line 3: the text is not UTF-8", "iconv"]);
    let typed = |dtype: &str| {
        parse_csv(
            "a\n1\nx\n",
            ReadCsv {
                dtype: vec![("a".into(), dtype.into())],
                ..ReadCsv::default()
            },
        )
    };
    fails(
        typed("int64"),
        &[
            "line 3, column `a`: expected a value of type int64, got \"x\"",
            "na_values",
        ],
    );
    fails(
        typed("int46"),
        &["unknown column type `int46`", "did you mean `int64`?"],
    );
    let columns = |usecols: &str| {
        parse_csv(
            "height,width\n1,2\n",
            ReadCsv {
                usecols: vec![usecols.into()],
                ..ReadCsv::default()
            },
        )
    };
    fails(
        columns("heigth"),
        &[
            "unknown column in `usecols` `heigth`",
            "did you mean `height`?",
        ],
    );
    fails(
        parse_csv(
            "a\n",
            ReadCsv {
                sep: 'ä',
                ..ReadCsv::default()
            },
        ),
        &["argument `sep`", "ASCII"],
    );
    fails(
        parse_csv(
            "a\n",
            ReadCsv {
                sep: '"',
                ..ReadCsv::default()
            },
        ),
        &["argument `sep`"],
    );
    let names = ReadCsv {
        names: vec!["x".into()],
        ..ReadCsv::default()
    };
    fails(
        parse_csv("1,2\n", names),
        &["line 1: expected 1 field, got 2", "give `names` 2 names"],
    );
    fails(
        parse(&",".repeat(70_000)),
        &["its first row has 70001 fields"],
    );
    Ok(())
}

#[test]
fn a_description_has_the_numbers_of_pandas() -> Result<()> {
    let table = parse("x,y,name\n1,0.5,a\n2,,b\n3,2.5,a\n10,4.5,\n")?;
    let described = table.describe();
    assert_eq!(described.columns(), ["statistic", "x", "y"]);
    let numbers = |name: &str| described.column(name).map(|c| c.to_texts().join(" "));
    // pandas 2.3: pd.DataFrame({"x": [1, 2, 3, 10], "y": [0.5, None, 2.5, 4.5]}).describe()
    assert_eq!(numbers("x")?, "4 4 4.08248290463863 1 1.75 2.5 4.75 10");
    assert_eq!(numbers("y")?, "3 2.5 2 0.5 1.5 2.5 3.5 4.5");
    let named = table.select(&["name"])?.describe();
    assert_eq!(named.column("name")?.to_texts(), ["3", "2", "a", "2"]);
    assert!(table.column("x")?.quantile(1.5).is_err());
    assert!(table.column("name")?.mean().is_err());
    Ok(())
}

#[test]
fn categories_become_numbers_and_columns() -> Result<()> {
    let table = parse("origin,kind,x\nUSA,10,1\nJapan,9,2\nUSA,,3\n")?;
    let (rows, names) = table.column("origin")?.one_hot()?;
    assert_eq!(rows.to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    assert_eq!(names, ["USA", "Japan"]);
    let dummies = table.get_dummies(&["origin", "kind"])?;
    assert_eq!(
        contents(&dummies),
        [
            "x int64: 1 2 3",
            "origin_Japan bool: false true false",
            "origin_USA bool: true false true",
            "kind_9 bool: false true false",
            "kind_10 bool: true false false",
        ]
    );
    assert_eq!(
        table.column("origin")?.value_counts()[0],
        ("USA".to_owned(), 2)
    );
    let many = Table::from_columns([Column::ints("n", 0..2000)])?;
    fails(
        many.get_dummies(&["n"]),
        &["2000 different values", "Embedding"],
    );
    Ok(())
}

#[test]
fn tables_are_taken_apart_and_put_together() -> Result<()> {
    let mut table = parse("a,b,c\n1,2,x\n3,4,y\n5,6,z\n")?;
    assert_eq!(
        contents(&table.slice(1..9)?),
        ["a int64: 3 5", "b int64: 4 6", "c str: y z"]
    );
    assert_eq!(
        contents(&table.take(&[2, 0])?.select(&["c", "a"])?),
        ["c str: z x", "a int64: 5 1"]
    );
    assert_eq!(table.head(2), table.slice(..2)?);
    assert_eq!(table.tail(2), table.slice(1..)?);
    assert_eq!(table.drop(&["b"])?.columns(), ["a", "c"]);
    let labels = table.pop("c")?;
    assert_eq!(labels.to_texts(), ["x", "y", "z"]);
    table.insert(Column::floats("a", [0.5, 1.5, 2.5]))?;
    assert_eq!(
        contents(&table),
        ["a float64: 0.5 1.5 2.5", "b int64: 2 4 6"]
    );
    fails(
        table.insert(Column::ints("d", [1])),
        &["column `d`", "expected 3 rows", "got 1"],
    );
    fails(table.column("e"), &["unknown column `e`", "known: a, b"]);
    fails(table.take(&[3]), &["rows below 3, got 3"]);
    fails(table.to_tensor(&["a", "z"]), &["unknown column `z`"]);
    Ok(())
}

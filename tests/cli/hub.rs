//! A hub on loopback that serves as well or as badly as a test asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// First byte of `Range: bytes=N-`.
    pub fn from(&self) -> usize {
        self.header("range").map_or(0, |r| {
            r.trim_start_matches("bytes=")
                .trim_end_matches('-')
                .parse()
                .unwrap()
        })
    }
}

/// A server; it lives until the test program ends.
pub struct Hub {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Hub {
    /// Serves every request by `answer`, on threads.
    pub fn serve(answer: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || {
                    let mut stream = stream;
                    if let Some(request) = read(&stream) {
                        seen.lock().unwrap().push(request.clone());
                        answer(&request, &mut stream);
                    }
                });
            }
        });
        Self { address, asked }
    }

    /// A file that honours ranges, under any path.
    pub fn of_file(bytes: Vec<u8>, etag: &'static str) -> Self {
        Self::serve(move |asked, stream| send(stream, asked, &bytes, etag, bytes.len()))
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_owned(), value.to_owned()));
    }
    Some(Asked {
        method,
        path,
        headers,
    })
}

/// Answers with a file, or from where it is asked if `If-Range` fits; the connection breaks after
/// `most` bytes.
pub fn send(stream: &mut TcpStream, asked: &Asked, bytes: &[u8], etag: &str, most: usize) {
    let same = asked.header("if-range").is_none_or(|tag| tag == etag);
    let from = if same { asked.from() } else { 0 };
    if from > bytes.len() || (from == bytes.len() && from > 0) {
        return say(stream, "416 Range Not Satisfiable", &[], b"");
    }
    let body = &bytes[from..];
    let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
    let mut headers = vec![("ETag", etag), ("Accept-Ranges", "bytes")];
    let status = if from > 0 {
        headers.push(("Content-Range", &range));
        "206 Partial Content"
    } else {
        "200 OK"
    };
    head(stream, status, &headers, body.len());
    let _ = stream.write_all(&body[..most.min(body.len())]);
    let _ = stream.flush();
}

/// Answers with a status and a short body.
pub fn say(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) {
    head(stream, status, headers, body.len());
    let _ = stream.write_all(body);
}

fn head(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], length: usize) {
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    let _ = stream.write_all((text + "\r\n").as_bytes());
}

/// A proxy that tunnels (`CONNECT`) to wherever it is asked.
pub fn proxy() -> Hub {
    Hub::serve(|asked, stream| {
        if asked.method != "CONNECT" {
            return say(stream, "405 Method Not Allowed", &[], b"");
        }
        let mut there = TcpStream::connect(&asked.path).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let (mut up_from, mut up_to) = (stream.try_clone().unwrap(), there.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut up_from, &mut up_to));
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = there.read(&mut piece) {
            if stream.write_all(&piece[..n]).is_err() {
                break;
            }
        }
        let _ = stream.shutdown(std::net::Shutdown::Both);
    })
}

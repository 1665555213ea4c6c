//! Services that behave as the clouds' own do; whatever lies elsewhere on them is a secret.

/// An answer with this body.
pub(crate) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What a service says of a path that it does not have.
pub(crate) fn missing() -> String {
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()
}

/// The path of a request.
pub(crate) fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap()
}

/// The body for the end of a path.
fn by_path(request: &str, bodies: &[(&str, &str)]) -> String {
    let path = path(request);
    let found = bodies.iter().find(|(end, _)| path.ends_with(end));
    found.map_or_else(|| ok("SECRET-PATH"), |(_, body)| ok(body))
}

/// Tencent Cloud's.
pub(crate) fn tencent(request: &str) -> String {
    by_path(
        request,
        &[
            ("/instance-id", "ins-0a1b2c3d"),
            ("/region", "ap-guangzhou"),
            ("/zone", "ap-guangzhou-3"),
            ("/meta-data/mac", "52:54:00:00:53:01"),
            ("/local-ipv4", "10.0.1.10"),
            ("/public-ipv4", "203.0.113.10"),
            ("/gateway", "10.0.1.1"),
            ("/subnet-mask", "255.255.255.0"),
            ("/vpc-id", "vpc-1"),
            ("/subnet-id", "subnet-1"),
            ("/security-group", "sg-web0\nsg-base"),
        ],
    )
}

/// Amazon's, which wants a token.
pub(crate) fn aws(request: &str) -> String {
    if request.starts_with("PUT /latest/api/token ") {
        assert!(request.contains("X-aws-ec2-metadata-token-ttl-seconds: 60\r\n"));
        return ok("SECRET-TOKEN==");
    }
    if !request.contains("X-aws-ec2-metadata-token: SECRET-TOKEN==\r\n") {
        return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_owned();
    }
    if request.contains("/public-ipv4") {
        return missing();
    }
    by_path(
        request,
        &[
            ("/instance-id", "i-0a1b2c3d4e5f60718"),
            ("/region", "eu-north-1"),
            ("/availability-zone", "eu-north-1a"),
            ("/meta-data/mac", "0a:00:00:00:53:01"),
            ("/local-ipv4", "172.31.16.9"),
            ("/subnet-ipv4-cidr-block", "172.31.16.0/20"),
            ("/vpc-id", "vpc-1"),
            ("/subnet-id", "subnet-1"),
            ("/security-group-ids", "sg-0a1b2c3d"),
        ],
    )
}

/// Microsoft's, which wants its header.
pub(crate) fn azure(request: &str) -> String {
    if !request.contains("Metadata: true\r\n") {
        return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_owned();
    }
    by_path(
        &request.replace("?api-version=2021-02-01&format=text", ""),
        &[
            ("/vmId", "02aab8a4-74ef-476e-8182-f6d2ba4166a6"),
            ("/location", "westeurope"),
            ("/zone", ""),
            ("/privateIpAddress", "10.1.0.4"),
            ("/publicIpAddress", "203.0.113.4"),
            ("/prefix", "24"),
        ],
    )
}

/// Google's, which wants its header.
pub(crate) fn google(request: &str) -> String {
    if !request.contains("Metadata-Flavor: Google\r\n") {
        return missing();
    }
    let bodies = [
        ("/instance/id", "42"),
        ("/zone", "projects/SECRET/zones/eu-1-a"),
        ("/ip", "10.2.0.2"),
        ("/external-ip", "203.0.113.2"),
        ("/gateway", "10.2.0.1"),
        ("/subnetmask", "255.255.240.0"),
    ];
    by_path(request, &bodies)
}

/// Alibaba Cloud's, of before it had tokens.
pub(crate) fn alibaba(request: &str) -> String {
    if request.starts_with("PUT") {
        return missing();
    }
    by_path(
        request,
        &[
            ("/instance-id", "i-1"),
            ("/region-id", "eu-central-1"),
            ("/zone-id", "eu-central-1a"),
            ("/meta-data/mac", "00:16:3e:00:53:01"),
            ("/private-ipv4", "10.3.0.3"),
            ("/eipv4", "203.0.113.3"),
            ("/gateway", "10.3.0.253"),
            ("/netmask", "255.255.255.0"),
            ("/vpc-id", "vpc-1"),
            ("/vswitch-id", "vsw-1"),
        ],
    )
}

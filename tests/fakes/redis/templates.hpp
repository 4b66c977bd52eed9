// What the generated conversations are made of. See generator.cpp for the placeholders.
#pragma once

#include <string_view>
#include <utility>

namespace raceproof::fakes::redis::test {

using namespace std::string_view_literals;

inline constexpr std::string_view string_templates[] = {
    "SET %k %v", "SET %k %v", "SET %k %v", "SET %k %v NX", "SET %k %v XX", "SET %k %v GET",
    "SET %k %v EX %s", "SET %k %v PX %s", "SET %k %v KEEPTTL", "SET %k %v XX GET EX %s",
    "SET %k %v NX XX", "SET %k %v EX", "SET %k %v FOO", "SET %k %v EX 10 PX 10", "GET %k",
    "GET %k", "GET %k", "MGET %k %k nokey", "MSET %k %v %k %v", "MSET %k %v %k", "MSETNX %k %v",
    "MSETNX new %v other", "INCR %k", "INCR %k", "DECR %k", "INCRBY %k %n", "DECRBY %k %n",
    "INCRBYFLOAT %k %v", "INCRBYFLOAT %k 1.25", "APPEND %k %v", "STRLEN %k", "GETDEL %k",
    "GETSET %k %v", "SETEX %k %s %v", "PSETEX %k %s %v", "SETNX %k %v", "GETEX %k",
    "GETEX %k EX %s", "GETEX %k PERSIST", "GETEX %k PERSIST EX 5", "GETRANGE %k %i %i",
    "SUBSTR %k %i %i", "SETRANGE %k %i %v", "SETRANGE %k 3 ab", "TTL %k", "LPUSH %k %v",
    "HSET %k f 1", "EXISTS %k %k", "TYPE %k"};

inline constexpr std::string_view key_templates[] = {
    "SET %k %v", "SET %k %v", "HSET %k f %v", "LPUSH %k %v", "SADD %k %m", "SET %k %v EX %s",
    "DEL %k", "DEL %k %k nokey", "UNLINK %k", "EXISTS %k", "TOUCH %k %k", "TYPE %k", "KEYS %g",
    "KEYS *", "SCAN 0 COUNT 100", "SCAN 0 MATCH %g COUNT 100", "SCAN 0 TYPE %v", "SCAN x",
    "SCAN 0 COUNT 0", "SCAN 0 COUNT x", "SCAN 0 COUNT", "SCAN 0 FOO bar", "EXPIRE %k %s", "EXPIRE %k %s NX",
    "EXPIRE %k %s XX", "EXPIRE %k %s GT", "EXPIRE %k 200 LT", "EXPIRE %k 10 NX XX",
    "EXPIRE %k 10 GT LT", "EXPIRE %k 10 FOO", "PEXPIRE %k %s", "PEXPIRE %k 100000", "TTL %k",
    "PTTL %k", "EXPIRETIME nokey", "PEXPIRETIME %k", "EXPIREAT %k 100", "PEXPIREAT %k 100",
    "PERSIST %k", "RENAME %k %k", "RENAME nokey %k", "RENAMENX %k %k", "DBSIZE", "FLUSHDB",
    "FLUSHDB ASYNC", "FLUSHALL FOO", "RANDOMKEY", "SELECT 3", "SELECT 0", "INFO keyspace",
    "GET %k"};

inline constexpr std::string_view hash_templates[] = {
    "HSET %k %f %w", "HSET %k %f %w %f %w", "HSET %k %f %w", "HSET %k %f", "HSET %k %f %w %f",
    "HMSET %k %f %w", "HMSET %k %f %w %f", "HGET %k %f", "HMGET %k %f %f nofield", "HGETALL %k",
    "HDEL %k %f", "HDEL %k %f %f", "HEXISTS %k %f", "HLEN %k", "HKEYS %k", "HVALS %k",
    "HSTRLEN %k %f", "HINCRBY %k %f %n", "HINCRBY %k n 5", "HINCRBYFLOAT %k n 1.5",
    "HINCRBYFLOAT %k %f %w", "HSETNX %k %f %w", "SET %k %w", "DEL %k", "TYPE %k", "EXISTS %k"};

inline constexpr std::string_view collection_templates[] = {
    "SADD %k %m %m", "SADD %k %m", "SREM %k %m %m", "SMEMBERS %k", "SISMEMBER %k %m",
    "SMISMEMBER %k %m %m 7", "SCARD %k", "LPUSH %k %v", "LPUSH %k 1 2 3", "RPUSH %k %v x y",
    "LPUSHX %k %v", "RPUSHX %k %v", "LPOP %k", "RPOP %k", "LPOP %k %n", "RPOP %k %i",
    "LPOP %k 1 2", "LRANGE %k %i %i", "LRANGE %k 0 -1", "LLEN %k", "LINDEX %k %i",
    "LSET %k %i %v", "LREM %k %i x", "LREM %k %i 2", "LTRIM %k %i %i", "SET %k %v", "DEL %k",
    "TYPE %k", "GET %k"};

inline constexpr std::string_view connection_templates[] = {
    "PING", "PING %v", "PING a b", "ECHO %v", "SELECT %n", "CLIENT ID", "CLIENT GETNAME",
    "CLIENT SETNAME %v", "CLIENT SETNAME bob", "CLIENT REPLY ON", "CLIENT REPLY FOO", "CLIENT",
    "CLIENT FOO", "CLIENT SETINFO lib-name x", "CLIENT NO-EVICT on", "CLIENT NO-EVICT maybe",
    "CLIENT LIST TYPE foo", "CLIENT LIST FOO", "CLIENT INFO", "HELLO", "HELLO 2",
    "HELLO 2 SETNAME me", "HELLO 2 SETNAME %v", "HELLO 2 FOO", "HELLO 2 AUTH a b",
    "HELLO 2 AUTH default %v", "HELLO %n", "HELLO 4", "AUTH %v", "AUTH a b", "AUTH default x",
    "AUTH a b c", "RESET", "FOO", "FOO %v bar", "foo", "CONFIG", "CONFIG FOO",
    "CONFIG GET maxmemory", "CONFIG GET nosuch", "CONFIG GET save appendonly timeout",
    "CONFIG GET MAXCLIENTS", "CONFIG SET nosuch 1", "CONFIG SET maxmemory %n",
    "CONFIG SET maxmemory 1mb", "CONFIG SET timeout %i", "CONFIG SET appendonly maybe",
    "CONFIG SET timeout 0 timeout 1", "CONFIG SET timeout", "CONFIG SET databases 4",
    "CONFIG SET timeout 0", "CONFIG SET maxmemory 0", "CONFIG RESETSTAT", "COMMAND FOO",
    "COMMAND DOCS nosuch", "COMMAND INFO nosuch", "COMMAND COUNT", "COMMAND LIST FOO", "INFO",
    "INFO nosuch", "INFO cluster", "TIME", "TIME x", "DBSIZE", "UNSUBSCRIBE", "PUNSUBSCRIBE x",
    "PUBSUB NUMPAT", "EXEC", "DISCARD"};

inline constexpr std::string_view pubsub_templates[] = {
    "SUBSCRIBE %c", "SUBSCRIBE %c %c", "SUBSCRIBE %c", "PSUBSCRIBE %g", "PSUBSCRIBE %g",
    "UNSUBSCRIBE %c", "UNSUBSCRIBE %c", "UNSUBSCRIBE", "PUNSUBSCRIBE %g", "PUNSUBSCRIBE",
    "PUBLISH %c %v", "PUBLISH %c %v", "PUBLISH %c %v", "PUBLISH %c %v", "PUBSUB CHANNELS",
    "PUBSUB CHANNELS %g", "PUBSUB CHANNELS a b", "PUBSUB NUMSUB %c %c", "PUBSUB NUMSUB",
    "PUBSUB NUMPAT", "PUBSUB", "PUBSUB FOO", "PING", "PING %v", "GET a", "CLIENT GETNAME",
    "RESET", "SUBSCRIBE", "EXEC", "DISCARD"};

inline constexpr std::string_view transaction_templates[] = {
    "MULTI", "MULTI", "EXEC", "EXEC", "DISCARD", "WATCH %k", "WATCH %k %k", "UNWATCH",
    "SET %k %v", "SET %k %v", "INCR %k", "GET %k", "GET", "NOSUCH x", "DEL %k", "HSET %k f %v",
    "FLUSHALL", "SELECT 2", "SELECT 0", "PUBLISH news %v", "EXPIRE %k %s", "MULTI x",
    "LPUSH %k %v", "LPOP %k", "SADD %k %m", "PING", "RESET", "RENAME %k %k", "CLIENT FOO"};

inline constexpr std::string_view script_templates[] = {
    "EVAL return(1) 0", "EVAL return(KEYS) 2 %k %k", "EVAL return(ARGV) 0 %v %v",
    "EVAL return(redis.call('get',KEYS[1])) 1 %k", "EVAL return(redis.call('incr',KEYS[1])) 1 %k",
    "EVAL return(redis.pcall('incr',KEYS[1])) 1 %k",
    "EVAL return(redis.call('set',KEYS[1],ARGV[1])) 1 %k %v",
    "EVAL return(redis.call('hgetall',KEYS[1])) 1 %k",
    "EVAL return(redis.call('lrange',KEYS[1],0,-1)) 1 %k",
    "EVAL return(redis.call(unpack(ARGV))) 0 set %k %v",
    "EVAL return(redis.call(unpack(ARGV))) 0 %v", "EVAL return(tonumber(ARGV[1])) 0 %n",
    "EVAL return(redis.sha1hex(ARGV[1])) 0 %v", "EVAL return(nosuch) 0", "EVAL return( 0",
    "EVAL return(1) %n", "EVAL return(1) %i %k", "EVAL return(redis.error_reply(ARGV[1])) 0 %v",
    "EVAL return(redis.status_reply(ARGV[1])) 0 %v",
    "EVAL_RO return(redis.call('set',KEYS[1],1)) 1 %k", "EVAL_RO return(2) 0",
    "EVALSHA 4eb9f0efbd75ab9a93dd8da06d3c1cd0fca2e1ee 0",
    "EVALSHA 4EB9F0EFBD75AB9A93DD8DA06D3C1CD0FCA2E1EE 0", "EVALSHA %v 0",
    "EVALSHA 4eb9f0efbd75ab9a93dd8da06d3c1cd0fca2e1ee %n", "EVALSHA_RO %v 0",
    "SCRIPT LOAD return(1)", "SCRIPT LOAD return(", "SCRIPT FLUSH", "SCRIPT FLUSH ASYNC",
    "SCRIPT FLUSH NOW", "SCRIPT", "SCRIPT FOO", "SCRIPT KILL", "SCRIPT EXISTS",
    "SCRIPT EXISTS 4eb9f0efbd75ab9a93dd8da06d3c1cd0fca2e1ee %v", "SET %k %v", "HSET %k f %v",
    "RPUSH %k %v %v", "MULTI", "EXEC", "DISCARD", "DEL %k"};

inline constexpr std::string_view script_bodies[] = {
    // what is returned
    "", "return", "return nil", "return true", "return false", "return 3.99", "return -3.99",
    "return 1e300", "return 0/0", "return 'x'", "return 'a\\0b'", "return {1,2,nil,3}",
    "return {1,2,{3,'x'},false,true,3.7,-3.7}", "return {}", "return {{},{{}}}",
    "return {ok='fine'}", "return {err='bad thing'}", "return {err='single'}", "return {ok=1}",
    "return {err=1}", "return {ok='x',err='y z'}", "return {ok='a\\r\\nb'}",
    "return {err='foo\\r\\nbar'}", "return {1,{err='foo'},{ok='x'}}", "return {double=3.5}",
    "return {map={a=1}}", "return {set={a=true}}", "return function() end",
    "return coroutine.create(function() end)", "return unpack({1,2})", "return {[1]=1,[3]=3}",
    "return #ARGV", "return KEYS", "return ARGV", "return KEYS[5]",
    "return redis.status_reply('HI')", "return redis.status_reply(1)",
    "return redis.status_reply('a','b')", "return redis.status_reply('a\\nb')",
    "return redis.error_reply('My Err')", "return redis.error_reply('-My Err')",
    "return redis.error_reply('Single')", "return redis.error_reply({})",
    // calls
    "return redis.call('get','a')", "return redis.call('GET',KEYS[1])",
    "return redis.call('incr','a')", "return redis.pcall('incr','a')",
    "return redis.pcall('incr','a').err", "return redis.call('hgetall','h')",
    "return redis.call('mget','a','nokey')", "return {redis.call('mget','a','nokey')}",
    "return redis.call('ping')", "return type(redis.call('ping'))", "return redis.call('ping').ok",
    "return type(redis.call('get','nokey'))", "return redis.call('hgetall','nokey')",
    "return redis.call('echo',1.5)", "return redis.call('echo',100000000000000000000)",
    "return redis.call('echo',0.1)", "return redis.call('echo',10)",
    "return redis.call('echo',-0.5)", "return redis.call('set','n',3.3)",
    "redis.call('select',1) return redis.call('get','a')", "return redis.call('publish','c','m')",
    "return redis.call('expire','a',100)", "return redis.call('nosuch')",
    "return redis.pcall('nosuch')", "return redis.pcall('nosuch').err", "return redis.call('get')",
    "return redis.pcall('get')", "return redis.call('get',{})", "return redis.pcall('get',{})",
    "return redis.call('get',nil)", "return redis.call('get',true)", "return redis.call({})",
    "return redis.call()", "return redis.pcall()", "return redis.call('subscribe','a')",
    "return redis.call('multi')", "return redis.call('eval','return 1',0)",
    "return redis.call('auth','x')", "return redis.call('client','id')",
    "return redis.call('client','foo')", "return redis.call('client')",
    "return redis.call('config','get','port')", "return redis.call('script','flush')",
    "return redis.call('set','a','1','foo')", "return redis.call('ping','x',1,2)",
    "return redis.call('hset','h','f')", "return redis.call('lpush','a','x')",
    "return redis.call('del','a','h')", "return redis.call('pubsub','numpat')",
    "return redis.call('keys','*') and 1", "return redis.call('type','h')",
    // errors
    "error('boom')", "error('boom',0)", "error('boom',2)", "error(5)", "error(true)",
    "error({err='My Err'})", "error({err='ERR My Err'})", "error({err=5})", "error('a\\nb')",
    "\n\nreturn nil + 1", "local x = nil; return x.y", "local a = {} return a.b.c",
    "return a.b.c", "return nosuch", "nosuch()", "redis.nosuch()", "return redis.nosuch",
    "return string.nosuch", "local function f() return f() + 1 end return f()",
    "local function f()\n redis.call('incr','a')\nend\nf()",
    "local function g() return redis.call('incr','a') end\nlocal x = g()\nreturn x",
    "local e = redis.pcall('get') return e", "local e = redis.pcall('get') error(e)",
    "assert(false,'msg')", "assert(false)", "return {} .. 'x'", "return #nil", "return 'a' < 1",
    "string.rep()", "return math.random(0)", "return math.random(5,2)", "return tonumber({})",
    "local ok, e = pcall(redis.call,'incr','a') return {ok, type(e), e}",
    "local ok, e = pcall(error,{err='x',b=1}) return {type(e),e}",
    "local ok, e = pcall(error,{b=1}) return {type(e),e}",
    "local ok, e = pcall(function() error('x') end) return {ok, type(e), e}",
    "return {pcall(function() return 1, 2 end)}",
    "local ok, e = xpcall(function() error('x') end, function(m) return 'h:' .. m end) return e",
    "local ok, e = xpcall(function() redis.call('incr','a') end, function(m) return type(m) end) "
    "return e",
    // compiling
    "local x =", "local x = 1 +", "return 1 1", "for", "x = 'unfinished", "goto x", "return =",
    "#!lua\nreturn 1", "#!lua\nerror('x')", "#!lua flags=no-writes\nreturn redis.call('set','a',1)",
    "#!lua flags=no-writes,allow-oom\nreturn redis.call('get','a')", "#!lua flags=foo\nreturn 1",
    "#!lua name=x\nreturn 1", "#!lua bar\nreturn 1", "#!lua", "#!foo\nreturn 1",
    "return loadstring('return 5')()", "return loadstring('x x')",
    "local f,e=loadstring('x x') return e", "return load(function() return nil end)",
    "local n = 0 return load(function() n = n + 1 return ({'return ','7'})[n] end)()",
    // the sandbox
    "x=1", "function y() end", "_G.x=1", "string.x=1", "redis.foo=1", "KEYS=1", "return _G.foo",
    "rawset(string,'x',1)", "rawset(_G,'x',1)", "setmetatable(_G,{})", "setmetatable(string,{})",
    "table.insert(string,1)", "table.remove(string)", "return type(getmetatable(_G))",
    "return type(getmetatable(''))", "getmetatable('').__index=1",
    "return type(getmetatable('').__index)", "return type(rawget(_G,'redis'))",
    "return type(rawget(string,'rep'))", "rawset(KEYS,1,'x') return KEYS",
    "KEYS[1]='x' return KEYS", "return print(1)", "return os.time()", "return io.open('x')",
    "return require('x')", "return setfenv(1,{})", "return newproxy()", "return dofile('x')",
    "return debug.traceback()", "return type(next(string))",
    "local n = 0 for k in pairs(coroutine) do n = n + 1 end return n",
    "return setmetatable({},{__index=function(t,k) return k .. '!' end}).abc",
    "return tostring(setmetatable({},{__tostring=function() return 'T' end}))",
    // libraries
    "return ('x'):rep(3)", "return string.format('%5.2f|%d|%s',1.234,7,'q')",
    "return {string.find('hello','l+')}", "return {string.gsub('hello','l','L')}",
    "return table.concat({1,2,3},',')", "local t={3,1,2} table.sort(t) return t",
    "local t={1,2} table.insert(t,3) table.insert(t,1,0) return t", "return select('#',nil,nil)",
    "return {select(2,'a','b','c')}", "return math.floor(3.7)", "return math.max(1,5,3)",
    "return tostring(3.3)", "return tostring(1e15)", "return tostring(1e14)", "return tostring(nil)",
    "return tonumber('0x10')", "return tonumber('z',36)", "return type(redis)",
    "math.randomseed(5) return {math.random(100),math.random(100),math.random()*1000000}",
    "math.randomseed(-1) return {math.random(5,9),math.random(1,1),math.random(1000)}",
    "local co = coroutine.wrap(function(a) local b = coroutine.yield(a+1) return b*2 end) "
    "return {co(1), co(10)}",
    "local co = coroutine.wrap(function() return redis.call('get','a') end) return co()",
    // redis.*
    "return redis.sha1hex('a')", "return redis.sha1hex(1)", "return redis.sha1hex()",
    "return redis.sha1hex('a','b')", "return redis.setresp(2)", "return redis.setresp(4)",
    "return redis.setresp()", "return redis.log(redis.LOG_WARNING,'x')", "return redis.log(1)",
    "return redis.log(7,'x')", "return redis.log('x','y')", "return redis.debug('x')",
    "return redis.breakpoint()", "return redis.set_repl(redis.REPL_ALL)",
    "return redis.set_repl(9)", "return redis.set_repl()", "return redis.replicate_commands()",
    "return redis.REDIS_VERSION", "return tostring(redis.REDIS_VERSION_NUM)",
    "return redis.acl_check_cmd('get','x')"};

/// Bytes, and whether the server closes the connection on them.
inline constexpr std::pair<std::string_view, bool> protocol_samples[] = {
    {"PING\r\n", false}, {"PING\n", false}, {"\r\n", false}, {"  PING  hi  \r\n", false},
    {"SET a \"foo bar\"\r\nGET a\r\n", false}, {"SET a \"\\x41\\n\\\"\"\r\nGET a\r\n", false},
    {"SET a 'it\\'s'\r\nGET a\r\n", false}, {"SET a \"foo\"bar\r\n", true},
    {"SET a \"foo\r\n", true}, {"SET a 'foo\r\n", true}, {"*0\r\n", false},
    {"*-1\r\nPING\r\n", false}, {"*abc\r\n", true}, {"*+1\r\n$4\r\nPING\r\n", true},
    {"*01\r\n$4\r\nPING\r\n", true}, {"*1 \r\n$4\r\nPING\r\n", true},
    {"*9223372036854775808\r\n", true}, {"*3000000000\r\n", true}, {"*1\r\n:3\r\n", true},
    {"*1\r\nPING\r\n", true}, {"*1\r\n$abc\r\n", true}, {"*1\r\n$-1\r\n", true},
    {"*1\r\n$ 4\r\nPING\r\n", true}, {"*1\r\n$536870913\r\n", true},
    {"*1\r\n$4\r\nPINGxx", false}, {"*1\r\n$0\r\n\r\n", false},
    {"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\nPING\r\n", false},
    {"*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\n", false}, {"QUIT\r\n", true},
    {"*1\r\n$4\r\nquit\r\n*1\r\n$4\r\nPING\r\n", true},
    {"*2\r\n$4\r\nQUIT\r\n$1\r\nx\r\n", true}};

}  // namespace raceproof::fakes::redis::test

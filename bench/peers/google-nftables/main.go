// The same work as bench/{sets,update,list}.ts with Google's nftables library for Go, in the version that Debian has.
// It measures itself, after a warm-up, and prints nanoseconds and the number of things that it handled.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/google/nftables"
)

// What fits into one attribute of 64 KiB: version 0.1.0 does not split.
const elementsInMessage = 3000

// What fits into the send buffer that the kernel gives by itself: version 0.1.0 cannot ask for more.
const messagesInFlush = 3

type result struct {
	Nanoseconds int64 `json:"nanoseconds"`
	Count       int   `json:"count"`
}

func main() {
	number := func(n int) int {
		value, err := strconv.Atoi(os.Args[n])
		must(err)
		return value
	}
	var found result
	switch os.Args[1] {
	case "load":
		found = load(os.Args[2], uint32(number(3)))
	case "update":
		found = update(number(2))
	case "list":
		found = list(number(2))
	default:
		must(fmt.Errorf("no benchmark %q", os.Args[1]))
	}
	must(json.NewEncoder(os.Stdout).Encode(found))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var table = &nftables.Table{Family: nftables.TableFamilyINet, Name: "bench"}

func connect() *nftables.Conn {
	conn, err := nftables.New(nftables.AsLasting())
	must(err)
	return conn
}

// Addresses, one on each line, into a new set. Reading the file is not measured.
func load(path string, size uint32) result {
	file, err := os.Open(path)
	must(err)
	var addresses []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		addresses = append(addresses, lines.Text())
	}
	conn := connect()
	begin := time.Now()
	conn.AddTable(table)
	set := &nftables.Set{Table: table, Name: "addresses", KeyType: nftables.TypeIPAddr}
	must(conn.AddSet(set, nil))
	must(conn.Flush())
	messages := 0
	elements := make([]nftables.SetElement, 0, elementsInMessage)
	for index, address := range addresses {
		elements = append(elements, nftables.SetElement{Key: net.ParseIP(address).To4()})
		if len(elements) < elementsInMessage && index+1 < len(addresses) {
			continue
		}
		must(conn.SetAddElements(set, elements))
		elements = elements[:0]
		messages++
		if messages%messagesInFlush == 0 {
			must(conn.Flush())
		}
	}
	must(conn.Flush())
	return result{time.Since(begin).Nanoseconds(), len(addresses)}
}

// One element after the other into the set `addresses`, each with a commit of its own.
func update(count int) result {
	conn := connect()
	set := &nftables.Set{Table: table, Name: "addresses", KeyType: nftables.TypeIPAddr}
	add := func(n int) {
		key := net.IPv4(198, 18, byte(n>>8), byte(n)).To4()
		must(conn.SetAddElements(set, []nftables.SetElement{{Key: key}}))
		must(conn.Flush())
	}
	for n := 0; n < count; n++ {
		add(n)
	}
	begin := time.Now()
	for n := count; n < 2*count; n++ {
		add(n)
	}
	return result{time.Since(begin).Nanoseconds() / int64(count), 2 * count}
}

// All rules of the chain `rules`, with their expressions. The fastest of some readings.
func list(count int) result {
	conn := connect()
	chain := &nftables.Chain{Name: "rules", Table: table}
	best := result{Nanoseconds: 1 << 62}
	for n := 0; n < count; n++ {
		begin := time.Now()
		rules, err := conn.GetRules(table, chain)
		must(err)
		if took := time.Since(begin).Nanoseconds(); took < best.Nanoseconds {
			best = result{took, len(rules)}
		}
	}
	return best
}
